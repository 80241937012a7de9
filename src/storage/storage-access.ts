import type { Mount } from './mount.ts'

/** An S3-compatible object store, and the keys to it. */
export interface ObjectStorage {
  /** `http(s)://host[:port]`, without `/` at its end; null: Amazon's own, by region. */
  readonly endpoint: string | null
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
  readonly pathStyle: boolean
}

/** How a process reaches the files of tables: those of a mount as files, all others of `s3://` in the object store. */
export interface StorageAccess {
  readonly mounts: readonly Mount[]
  readonly objectStore?: ObjectStorage | undefined
  /** Absolute path of a folder with the extensions that engines need for object storage; unset: they fetch their own. */
  readonly extensionFolder?: string | undefined
}
