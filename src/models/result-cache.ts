interface Entry<Value> {
  readonly value: Value
  readonly sizeBytes: number
}

/** Keeps the values used last, up to a number of bytes as JSON. */
export class ResultCache<Value> {
  readonly #limitBytes: number
  readonly #entries = new Map<string, Entry<Value>>()
  #sizeBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    // A Map lists in order of insertion: the last used moves to the end.
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** A value larger than a quarter of the whole is not kept. */
  set(key: string, value: Value): void {
    const sizeBytes = Buffer.byteLength(JSON.stringify(value))
    this.#delete(key)
    if (sizeBytes > this.#limitBytes / 4) return
    this.#entries.set(key, { value, sizeBytes })
    this.#sizeBytes += sizeBytes
    for (const oldest of this.#entries.keys()) {
      if (this.#sizeBytes <= this.#limitBytes) break
      this.#delete(oldest)
    }
  }

  #delete(key: string): void {
    this.#sizeBytes -= this.#entries.get(key)?.sizeBytes ?? 0
    this.#entries.delete(key)
  }
}
