export { openFileStore } from './file-store.ts'
export { fileUriOfPath, pathOfFileUri } from './file-uri.ts'
export { openMemoryStore } from './memory-store.ts'
export type { Store, StoredFile } from './store.ts'
