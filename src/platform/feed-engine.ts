import { openEngine, type Engine } from '../engines/index.ts'
import type { StorageAccess } from '../storage/index.ts'

/** Memory of an engine that reads a feed: rows stream through it. */
const memoryBytes = 256 * 1024 ** 2

/** Opens an engine that gives rows in the order in which they lie in files: with more than one thread they come in any. */
export function openFeedEngine(storage: StorageAccess): Promise<Engine> {
  return openEngine({ name: 'duckdb', memoryBytes, threads: 1, ...storage })
}

/**
 * An engine for feeds of few rows, which take less time to export than an engine takes to open: it stays open for a while
 * after the last. Dispose it.
 */
export class SharedFeedEngine implements AsyncDisposable {
  readonly storage: StorageAccess
  readonly #idleMs: number
  #engine: Promise<Engine> | undefined
  #users = 0
  #timer: NodeJS.Timeout | undefined

  constructor(storage: StorageAccess, { idleMs = 10_000 }: { idleMs?: number } = {}) {
    this.storage = storage
    this.#idleMs = idleMs
  }

  async use<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    clearTimeout(this.#timer)
    this.#users++
    const opened = (this.#engine ??= openFeedEngine(this.storage))
    try {
      const engine = await opened.catch((error: unknown) => {
        if (this.#engine === opened) this.#engine = undefined // the next tries again
        throw error
      })
      return await work(engine)
    } finally {
      this.#users--
      if (this.#users === 0) this.#timer = setTimeout(() => void this.#close(), this.#idleMs).unref()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    await this.#close()
  }

  async #close(): Promise<void> {
    const engine = this.#engine
    this.#engine = undefined
    await (await engine?.catch(() => undefined))?.[Symbol.asyncDispose]() // whoever opened it was told
  }
}
