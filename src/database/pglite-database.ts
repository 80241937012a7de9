import { mkdir } from 'node:fs/promises'
import { PGlite, types } from '@electric-sql/pglite'
import type { Database, SqlParameter, Transaction } from './database.ts'

/**
 * Opens PGlite on a folder (made when absent), or in memory without one. `initialState` is a dump of an empty PGlite: it spares
 * the seconds that making one costs.
 *
 * Every commit survives the death of this process at any instant. PGlite runs PostgreSQL with fsync off, so a power cut may
 * lose the last commits: events land again from the segment log, whose offset is stored with the rows. Use PostgreSQL where
 * a power cut must lose nothing.
 */
export async function openPGlite(folder?: string, options: { initialState?: Blob } = {}): Promise<Database> {
  if (folder !== undefined) await mkdir(folder, { recursive: true })
  const pglite = await PGlite.create({
    ...(folder === undefined ? {} : { dataDir: folder }),
    ...(options.initialState === undefined ? {} : { loadDataDir: options.initialState }),
    parsers: { [types.INT8]: BigInt, [types.DATE]: (value: string) => value },
  })
  const mutable = (parameters: readonly SqlParameter[] = []): unknown[] => [...parameters]
  return {
    kind: 'pglite',
    query: async <Row extends object>(text: string, parameters?: readonly SqlParameter[]) =>
      (await pglite.query<Row>(text, mutable(parameters))).rows,
    transaction: <T>(work: (transaction: Transaction) => Promise<T>) =>
      pglite.transaction((open) =>
        work({
          inTransaction: true,
          query: async <Row extends object>(text: string, parameters?: readonly SqlParameter[]) =>
            (await open.query<Row>(text, mutable(parameters))).rows,
        }),
      ),
    [Symbol.asyncDispose]: () => pglite.close(),
  }
}
