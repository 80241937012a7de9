/** A stored file as {@link Store.list} tells of it. */
export interface StoredFile {
  readonly uri: string
  readonly sizeBytes: number
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
}

/**
 * Where the files of tables, feeds and bundles lie. A file is named by an absolute URI and never changes once written.
 * A name outside the store is refused with NACRE_INPUT.
 */
export interface Store {
  /** The whole file. Throws NACRE_NOT_FOUND when absent. */
  read(uri: string): Promise<Uint8Array>
  /** Writes a file whole or not at all; once this resolves it survives a power cut. Throws NACRE_CONFLICT when the name is taken. */
  writeIfAbsent(uri: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>
  /** Makes a file that another program wrote as durable as our own, and gives its size in bytes. Throws NACRE_NOT_FOUND when absent. */
  settle(uri: string): Promise<number>
  /** The files below a folder, at any depth, in order of their URIs; none when there is no such folder. */
  list(folderUri: string): AsyncIterable<StoredFile>
  /** Removes a file; that it is absent already is no error. */
  delete(uri: string): Promise<void>
}
