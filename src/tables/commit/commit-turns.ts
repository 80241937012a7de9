import type { Clock } from '../../base/index.ts'
import type { Database } from '../../database/index.ts'

/** How long a commit waits for its turn before it goes on without. */
const patienceMs = 10_000

/**
 * Has commits that lost a race for a table wait for each other, so that each lands after few tries however many writers there are:
 * in this process in order of call, and across processes that share PostgreSQL. A turn only spares work. Which commit is first,
 * the swap alone decides.
 */
export class CommitTurns {
  readonly #database: Database
  readonly #clock: Clock
  /** By table: settled when nobody has or awaits the turn. */
  readonly #ends = new Map<string, Promise<void>>()
  #isLocking = false

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Whether commits of this process already wait for one of the tables: another would lose. */
  isTaken(tables: readonly string[]): boolean {
    return tables.some((name) => this.#ends.has(name))
  }

  /** Resolves when it is the caller's turn, which ends by disposing what it gives. */
  async take(tables: readonly string[]): Promise<AsyncDisposable> {
    await using opening = new AsyncDisposableStack()
    const names = [...new Set(tables)].toSorted() // in one order, so that two never wait for each other
    for (const name of names) opening.use(await this.#queue(name))
    // One of the pool's connections at a time is spent on waiting.
    if (this.#database.kind === 'postgres' && !this.#isLocking) opening.use(await this.#lock(names))
    return opening.move()
  }

  async #queue(name: string): Promise<Disposable> {
    const before = this.#ends.get(name)
    const { promise: isOver, resolve } = Promise.withResolvers<void>()
    const end = Promise.all([before, isOver]).then(() => {
      if (this.#ends.get(name) === end) this.#ends.delete(name)
    })
    this.#ends.set(name, end)
    const waiting = new AbortController()
    await Promise.race([before, this.#clock.sleep(patienceMs, waiting.signal).catch(() => undefined)])
    waiting.abort()
    return { [Symbol.dispose]: () => resolve() }
  }

  async #lock(names: readonly string[]): Promise<AsyncDisposable> {
    this.#isLocking = true
    const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const held = this.#database
      .transaction(async (transaction) => {
        await transaction.query(`set local lock_timeout = ${patienceMs}`)
        for (const name of names)
          await transaction.query(
            `select pg_advisory_xact_lock(hashtextextended('nacre commit ' || $1, 0))`,
            [name],
          )
        begun.resolve()
        await over.promise
      })
      .catch(() => begun.resolve()) // without the lock it goes on all the same
    await begun.promise
    return {
      [Symbol.asyncDispose]: async () => {
        over.resolve()
        await held
        this.#isLocking = false
      },
    }
  }
}
