import { Bell, type Clock, type Log } from '../base/index.ts'

/** Something to do. */
export interface Work {
  /** Work of one lane is done one after the other, so a lane that fails or dawdles holds up no other. */
  readonly lane: string
  /** Null: at once. */
  readonly dueAt: Date | null
  run(signal: AbortSignal): Promise<void>
}

/** How lanes are kept at work. */
export interface LanesOptions {
  /** The next work of each lane, as the state has it now. */
  next(): Promise<readonly Work[]>
  /** How often to look without being woken. */
  readonly pollMs: number
  /** How many lanes whose name begins with a prefix work at once; others are not limited. */
  readonly limits?: Readonly<Record<string, number>>
  /**
   * Whether this process has the lane: `held`, it did and does; `taken`, it does from now on, so what is next must be asked
   * again; `elsewhere`, another process has it.
   */
  claim?(lane: string): Promise<'held' | 'taken' | 'elsewhere'>
}

const faultPauseMs = 1000

/** Works on whatever is next in each lane, until disposed. What to do lives in the state alone, so it may end at any instant. */
export class Lanes implements AsyncDisposable {
  readonly #options: LanesOptions
  readonly #effects: { readonly clock: Clock; readonly log: Log }
  readonly #stop = new AbortController()
  readonly #bell = new Bell()
  readonly #running = new Map<string, Promise<void>>()
  /** Lanes that another process has, and when to ask for them again. */
  readonly #elsewhere = new Map<string, number>()
  readonly #loop: Promise<void>
  #woken = false

  constructor(options: LanesOptions, effects: { clock: Clock; log: Log }) {
    this.#options = options
    this.#effects = effects
    this.#loop = this.#run()
  }

  /** Looks for work now. */
  wake(): void {
    this.#woken = true
    this.#bell.ring()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
    await Promise.all(this.#running.values())
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#woken = false
      const waitMs = await this.#startDueWork().catch((error: unknown) => this.#tell(error))
      if (!this.#woken) await this.#bell.wait(waitMs, this.#stop.signal)
    }
  }

  /** Gives the milliseconds until something more may be due. */
  async #startDueWork(): Promise<number> {
    // Work that ends while the state answers may still show in the answer: its lane waits for the next look.
    const busy = new Set(this.#running.keys())
    let waitMs = this.#options.pollMs
    for (const work of await this.#options.next()) {
      const dueAt = Math.max(work.dueAt?.getTime() ?? 0, this.#elsewhere.get(work.lane) ?? 0)
      const dueInMs = dueAt - this.#effects.clock.now()
      if (busy.has(work.lane) || this.#isFull(work.lane)) continue
      if (dueInMs > 0) waitMs = Math.min(waitMs, dueInMs)
      else if (!this.#stop.signal.aborted) this.#running.set(work.lane, this.#work(work))
    }
    return waitMs
  }

  #isFull(lane: string): boolean {
    return Object.entries(this.#options.limits ?? {}).some(
      ([prefix, limit]) =>
        lane.startsWith(prefix) &&
        [...this.#running.keys()].filter((key) => key.startsWith(prefix)).length >= limit,
    )
  }

  async #work(work: Work): Promise<void> {
    try {
      const claim = (await this.#options.claim?.(work.lane)) ?? 'held'
      if (claim === 'held') await work.run(this.#stop.signal)
      else if (claim === 'elsewhere')
        this.#elsewhere.set(work.lane, this.#effects.clock.now() + this.#options.pollMs)
    } catch (error) {
      await this.#effects.clock.sleep(this.#tell(error), this.#stop.signal).catch(() => undefined) // the end has come
    }
    this.#running.delete(work.lane)
    this.wake()
  }

  #tell(error: unknown): number {
    if (!this.#stop.signal.aborted)
      this.#effects.log.error({ error: String(error) }, 'feeds cannot be worked on; trying again')
    return faultPauseMs
  }
}
