/** Something a person may be looking at has changed. */
export interface Change {
  readonly topic: 'runs' | 'tables' | 'events' | 'feeds' | 'apps'
  /** Run id, table name or job name. */
  readonly name: string
}

/** Tells listeners what changed; they ask again for what they show. */
export class Changes {
  readonly #listeners = new Set<(change: Change) => void>()

  tell(change: Change): void {
    for (const listener of this.#listeners) listener(change)
  }

  /** Returns a function that ends the listening. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
