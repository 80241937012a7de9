import { sha256 } from '../../base/index.ts'
import type { ScanPlan } from '../../tables/index.ts'
import type { EngineOptions } from '../engine.ts'
import { Duckdb } from './duckdb.ts'
import { filesOf, readPlan } from './scan-select.ts'
import { viewStatements } from './view-name.ts'

interface SnapshotSet {
  readonly duckdb: Promise<Duckdb>
  users: number
}

/**
 * Locked DuckDBs, one for each set of pinned snapshots: the files that one may read cannot be changed once it is locked.
 * The last few stay open for the next statement on the same snapshots.
 */
export class SnapshotSets implements AsyncDisposable {
  readonly #limits: EngineOptions
  readonly #capacity: number
  /** By the hash of what can be read; the one used last is last. */
  readonly #sets = new Map<string, SnapshotSet>()

  constructor(limits: EngineOptions, capacity: number) {
    this.#limits = limits
    this.#capacity = capacity
  }

  /** Runs `work` on the DuckDB that holds exactly these snapshots. */
  async use<T>(plans: readonly ScanPlan[], work: (duckdb: Duckdb) => Promise<T>): Promise<T> {
    const key = sha256(
      plans
        .map((plan) => JSON.stringify(plan))
        .toSorted()
        .join('\n'),
    )
    const set = this.#sets.get(key) ?? { duckdb: openLocked(this.#limits, plans), users: 0 }
    this.#sets.delete(key)
    this.#sets.set(key, set)
    set.users++
    try {
      return await work(await this.#opened(key, set))
    } finally {
      set.users--
      await this.#closeUnused()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sets = [...this.#sets.values()]
    this.#sets.clear()
    await Promise.all(sets.map(close))
  }

  /** One that does not open is forgotten, so that the next statement tries again. */
  async #opened(key: string, set: SnapshotSet): Promise<Duckdb> {
    try {
      return await set.duckdb
    } catch (thrown) {
      if (this.#sets.get(key) === set) this.#sets.delete(key)
      throw thrown
    }
  }

  async #closeUnused(): Promise<void> {
    const unused = [...this.#sets].filter(([, { users }]) => users === 0)
    const surplus = unused.slice(0, Math.max(0, this.#sets.size - this.#capacity))
    for (const [key] of surplus) this.#sets.delete(key)
    await Promise.all(surplus.map(([, set]) => close(set)))
  }
}

async function openLocked(limits: EngineOptions, plans: readonly ScanPlan[]): Promise<Duckdb> {
  const duckdb = await Duckdb.open(limits)
  try {
    for (const plan of plans)
      for (const view of viewStatements(plan.table, await readPlan(duckdb, plan, limits)))
        await duckdb.all(view)
    await duckdb.lock(plans.flatMap((plan) => filesOf(plan, limits)))
    return duckdb
  } catch (thrown) {
    await duckdb[Symbol.asyncDispose]()
    throw thrown
  }
}

async function close(set: SnapshotSet): Promise<void> {
  const duckdb = await set.duckdb.catch(() => undefined) // whoever asked for it was told
  await duckdb?.[Symbol.asyncDispose]()
}
