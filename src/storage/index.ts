export { openFileStore, type FileStore } from './file-store.ts'
export { fileUriOfPath, pathOfFileUri } from './file-uri.ts'
export { joinStores } from './join-stores.ts'
export { openMemoryStore } from './memory-store.ts'
export { localPath, type Mount } from './mount.ts'
export type { S3Effects } from './s3-client.ts'
export {
  instantOf,
  readSignature,
  verifySignature,
  type ClaimedSignature,
  type SignedRequest,
  type SigningKey,
} from './s3-signature.ts'
export { bucketOf, openS3Store } from './s3-store.ts'
export { parseS3Xml } from './s3-xml.ts'
export type { ObjectStorage, StorageAccess } from './storage-access.ts'
export type { Store, StoredFile } from './store.ts'
export { isSame, readVendedKeys, vendKeys, type KeyGrant, type VendedKeys } from './vended-keys.ts'
export { walkFolder, type FolderWalk } from './walk-folder.ts'
