/** Values by name, the last used ones, up to a size in all. */
export class SizedCache {
  readonly #maxBytes: number
  readonly #entries = new Map<string, { readonly value: unknown; readonly sizeBytes: number }>()
  #sizeBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(name: string): unknown {
    const entry = this.#entries.get(name)
    if (entry === undefined) return undefined
    // A map keeps the order of insertion: the first is the one not used for longest.
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    return entry.value
  }

  keep(name: string, value: unknown, sizeBytes: number): void {
    if (this.#entries.has(name) || sizeBytes > this.#maxBytes) return
    this.#entries.set(name, { value, sizeBytes })
    this.#sizeBytes += sizeBytes
    for (const [oldest, entry] of this.#entries) {
      if (this.#sizeBytes <= this.#maxBytes) break
      this.#entries.delete(oldest)
      this.#sizeBytes -= entry.sizeBytes
    }
  }
}
