import { openEngine, type Engine, type EngineOptions } from '../../src/engines/index.ts'
import type { PrimitiveType } from '../../src/tables/index.ts'

/** A kind of engine that the contract suite loops over. */
export interface EngineKind {
  readonly name: Engine['name']
  /** Why it cannot be tested here; give it to node:test as `skip`. */
  readonly skip: string | false
  /** Types of columns that it refuses to write. */
  readonly unwritable: readonly PrimitiveType[]
  open(options?: EngineOptions): Promise<Engine>
}

export const engines: readonly EngineKind[] = [
  {
    name: 'duckdb',
    skip: false,
    unwritable: ['fixed[4]'],
    open: (options) => openEngine({ name: 'duckdb', threads: 2, memoryBytes: 512 * 1024 ** 2, ...options }),
  },
]
