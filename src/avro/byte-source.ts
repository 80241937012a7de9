/** Bytes of a stream, looked at before they are taken; each is copied at most twice. Disposing it ends the stream. */
export class ByteSource implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>
  #bytes: Buffer = Buffer.alloc(0)
  #ended = false
  /** How many bytes were taken. */
  offset = 0
  /** Whether the stream threw. */
  hasFailed = false

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** The next bytes, at least `size`; fewer only at the end. They hold until the next call. */
  async peek(size: number): Promise<Buffer> {
    const found: Uint8Array[] = [this.#bytes]
    for (let length = this.#bytes.length; length < size && !this.#ended;) {
      const chunk = await this.#next()
      if (chunk === undefined) break
      found.push(chunk)
      length += chunk.length
    }
    if (found.length > 1) this.#bytes = Buffer.concat(found)
    return this.#bytes
  }

  /** Takes bytes that were looked at. */
  skip(size: number): void {
    this.#bytes = this.#bytes.subarray(size)
    this.offset += size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended && !this.hasFailed) await this.#chunks.return?.()
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#chunks.next()
      this.#ended = done === true
      return done === true ? undefined : value
    } catch (error) {
      this.hasFailed = true
      throw error
    }
  }
}
