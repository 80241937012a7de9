import { NacreError } from '../../base/index.ts'
import type { Store } from '../../storage/index.ts'
import { SizedCache } from './sized-cache.ts'

/** Decoded metadata files, which never change, so that each is read once. Keeps the last used, up to a size. */
export class DecodedFiles {
  readonly #store: Store
  readonly #cache: SizedCache

  /** @param maxBytes of the files as stored; decoded they take some ten times as much memory. */
  constructor(store: Store, maxBytes: number = 16 * 1024 * 1024) {
    this.#store = store
    this.#cache = new SizedCache(maxBytes)
  }

  /**
   * Throws what the store throws, and NACRE_CORRUPT for a file that cannot be decoded.
   * @param options With `isPassing`, the content is needed this once: it is not kept.
   */
  async read<Content extends object>(
    uri: string,
    decode: (data: Uint8Array) => Content,
    options: { readonly isPassing?: boolean } = {},
  ): Promise<Content> {
    const known = this.#cache.get(uri)
    if (known !== undefined) return known as Content
    const data = await this.#store.read(uri)
    const content = decoded(data, decode)
    if (!options.isPassing) this.keep(uri, content, data.length)
    return content
  }

  keep(uri: string, content: unknown, sizeBytes: number): void {
    this.#cache.keep(uri, content, sizeBytes)
  }
}

function decoded<Content>(data: Uint8Array, decode: (data: Uint8Array) => Content): Content {
  try {
    return decode(data)
  } catch (cause) {
    if (cause instanceof NacreError) throw cause
    throw new NacreError('NACRE_CORRUPT', (cause as Error).message, { cause })
  }
}
