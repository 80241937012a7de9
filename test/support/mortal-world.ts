import type { Database, Transaction } from '../../src/database/index.ts'
import type { Store } from '../../src/storage/index.ts'

/** A process that can die at any call it makes to its store or database: from then on every call fails. */
export interface MortalWorld {
  readonly store: Store
  readonly database: Database
  /** Dies at the nth call from now (1 is the next), before it has any effect or after it has had all of it. 0 lives on. */
  dieAt(call: number, when: 'before' | 'after'): void
  isDead(): boolean
  /** Calls made since the last {@link MortalWorld.dieAt}. */
  calls(): number
}

/** What every call of a dead process gives. */
export class ProcessDied extends Error {
  constructor() {
    super('the process died')
  }
}

export function mortalWorld(store: Store, database: Database): MortalWorld {
  let made = 0
  let death = { call: 0, when: 'before' }
  let isDead = false
  async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    if (isDead) throw new ProcessDied()
    const isDue = ++made === death.call
    if (isDue && death.when === 'before') {
      isDead = true
      throw new ProcessDied()
    }
    const result = await work()
    if (isDue) isDead = true
    if (isDead) throw new ProcessDied()
    return result
  }
  return {
    dieAt(call, when) {
      made = 0
      isDead = false
      death = { call, when }
    },
    isDead: () => isDead,
    calls: () => made,
    store: {
      read: (uri) => guarded(() => store.read(uri)),
      writeIfAbsent: (uri, data) => guarded(() => store.writeIfAbsent(uri, data)),
      settle: (uri) => guarded(() => store.settle(uri)),
      async *list(folder) {
        yield* await guarded(() => Array.fromAsync(store.list(folder)))
      },
      delete: (uri) => guarded(() => store.delete(uri)),
    },
    database: {
      kind: database.kind,
      query: (text, parameters) => guarded(() => database.query(text, parameters)),
      transaction: (work) =>
        guarded(() =>
          database.transaction((transaction) =>
            work({
              inTransaction: true,
              query: (text, parameters) => guarded(() => transaction.query(text, parameters)),
            } as Transaction),
          ),
        ),
      [Symbol.asyncDispose]: async () => {},
    },
  }
}
