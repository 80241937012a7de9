export { packArchive } from './archive.ts'
export { openBundleStore, unpackBundle, type BundleStore, type StoredBundle } from './bundle-store.ts'
