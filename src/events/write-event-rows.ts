import { Mutex, toNacreError, type NacreError } from '../base/index.ts'
import type { Engine } from '../engines/index.ts'
import { sql } from '../sql/index.ts'
import type { DataFile, WriteTarget } from '../tables/index.ts'

/** Writes rows as Parquet files of a table; they belong to no table until they are committed. */
export type WriteRows = (
  target: WriteTarget,
  rows: readonly object[],
  signal?: AbortSignal,
) => Promise<readonly DataFile[]>

/** Writes rows with an engine, one call at a time. */
export function engineWriter(engine: Engine): WriteRows {
  const mutex = new Mutex()
  return (target, rows, signal) =>
    mutex.run(async () => {
      await engine.attachRows(stagingTable.name, target, rows)
      return engine.write(target, sql`select * from ${stagingTable}`, signal === undefined ? {} : { signal })
    })
}

const stagingTable = { kind: 'table-ref', name: 'nacre.decoded_events' } as const

/** The rows that could be written, and those that could not with the reason. */
export interface WrittenRows<Item> {
  readonly files: readonly DataFile[]
  readonly written: readonly Item[]
  readonly refused: readonly { readonly item: Item; readonly reason: string }[]
}

/**
 * Writes rows; where the engine refuses some for their values, halves find them and the rest is written. Faults that are not
 * of the rows, such as a full disk, are thrown.
 */
export async function writeOrRefuse<Item extends { readonly row: object }>(
  items: readonly Item[],
  write: (rows: readonly object[]) => Promise<readonly DataFile[]>,
): Promise<WrittenRows<Item>> {
  try {
    return { files: await write(items.map(({ row }) => row)), written: items, refused: [] }
  } catch (thrown) {
    const error = toNacreError(thrown)
    if (!blamesValues(error)) throw error
    if (items.length === 1)
      return { files: [], written: [], refused: [{ item: items[0]!, reason: error.message }] }
    const middle = items.length >> 1
    const left = await writeOrRefuse(items.slice(0, middle), write)
    const right = await writeOrRefuse(items.slice(middle), write)
    return {
      files: [...left.files, ...right.files],
      written: [...left.written, ...right.written],
      refused: [...left.refused, ...right.refused],
    }
  }
}

/** DuckDB's classes of errors that a value causes. */
function blamesValues(error: NacreError): boolean {
  return (
    error.code === 'NACRE_SQL' &&
    /(Conversion|Out of Range|Invalid Input|Constraint) Error/.test(error.message)
  )
}
