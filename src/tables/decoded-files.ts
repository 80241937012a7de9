import type { Store } from '../storage/index.ts'

/** Decoded metadata files, which never change, so that each is read once. Keeps the last used, up to a size. */
export class DecodedFiles {
  readonly #store: Store
  readonly #maxBytes: number
  readonly #files = new Map<string, { readonly content: unknown; readonly sizeBytes: number }>()
  #sizeBytes = 0

  /** @param maxBytes of the files as stored; decoded they take some ten times as much memory. */
  constructor(store: Store, maxBytes: number = 16 * 1024 * 1024) {
    this.#store = store
    this.#maxBytes = maxBytes
  }

  async read<Content>(uri: string, decode: (data: Uint8Array) => Content): Promise<Content> {
    const known = this.#files.get(uri)
    if (known) {
      // A map keeps the order of insertion: the first is the one not used for longest.
      this.#files.delete(uri)
      this.#files.set(uri, known)
      return known.content as Content
    }
    const data = await this.#store.read(uri)
    const content = decode(data)
    this.keep(uri, content, data.length)
    return content
  }

  keep(uri: string, content: unknown, sizeBytes: number): void {
    if (this.#files.has(uri) || sizeBytes > this.#maxBytes) return
    this.#files.set(uri, { content, sizeBytes })
    this.#sizeBytes += sizeBytes
    for (const [oldest, file] of this.#files) {
      if (this.#sizeBytes <= this.#maxBytes) break
      this.#files.delete(oldest)
      this.#sizeBytes -= file.sizeBytes
    }
  }
}
