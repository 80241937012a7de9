import { uuidv7, type Log } from '../base/index.ts'
import type { Database } from '../database/index.ts'

/**
 * Lets each lane be worked on by one of several processes that share a database. A process that dies loses its lanes after
 * `leaseMs`; one that is merely slow may for a moment work beside its successor, which repeats a message but loses none.
 */
export class LaneLeases implements AsyncDisposable {
  readonly #database: Database
  readonly #leaseMs: number
  readonly #holder: string = uuidv7()
  readonly #held = new Set<string>()
  /** When all that is held must be taken as lost. By a clock of this process, as every wait is. */
  #until = 0
  readonly #timer: NodeJS.Timeout

  constructor(database: Database, leaseMs: number, log: Log) {
    this.#database = database
    this.#leaseMs = leaseMs
    this.#timer = setInterval(() => {
      if (this.#held.size === 0) return
      this.#renew().catch((error: unknown) => log.warn({ error: String(error) }, 'leases are not renewed'))
    }, leaseMs / 3)
    this.#timer.unref()
  }

  async claim(lane: string): Promise<'held' | 'taken' | 'elsewhere'> {
    if (performance.now() > this.#until) this.#held.clear()
    if (this.#held.has(lane)) return 'held'
    const startedAt = performance.now()
    const rows = await this.#database.query(
      `insert into feed_lane (lane, holder, held_until) values ($1, $2, now() + $3 * interval '1 millisecond')
       on conflict (lane) do update set holder = excluded.holder, held_until = excluded.held_until
       where feed_lane.holder = excluded.holder or feed_lane.held_until < now() returning lane`,
      [lane, this.#holder, this.#leaseMs],
    )
    if (rows.length === 0) return 'elsewhere'
    if (this.#held.size === 0) this.#until = startedAt + this.#leaseMs
    this.#held.add(lane)
    return 'taken'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    // A database that is gone lets the leases run out.
    await this.#database
      .query('delete from feed_lane where holder = $1', [this.#holder])
      .catch(() => undefined)
  }

  async #renew(): Promise<void> {
    const startedAt = performance.now()
    const rows = await this.#database.query<{ lane: string }>(
      `update feed_lane set held_until = now() + $2 * interval '1 millisecond' where holder = $1 returning lane`,
      [this.#holder, this.#leaseMs],
    )
    const kept = new Set(rows.map(({ lane }) => lane))
    for (const lane of this.#held) if (!kept.has(lane)) this.#held.delete(lane)
    this.#until = startedAt + this.#leaseMs
  }
}
