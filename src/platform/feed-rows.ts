import { columnBlocks, type AvroSchema } from '../avro/index.ts'
import { openEngine } from '../engines/index.ts'
import { writeParts, type ExportedPart, type SliceWork } from '../publish/index.ts'
import { sql } from '../sql/index.ts'
import type { StorageAccess } from '../storage/index.ts'
import { avroSchemaOf, type Catalog } from '../tables/index.ts'
import type { FeedSlice } from './feed-slices.ts'

/** A slice to write. Travels to worker threads. */
export interface FeedSliceRequest {
  readonly slice: FeedSlice
  readonly storage: StorageAccess
  readonly work: SliceWork
}

/** Memory of the engine that reads a slice: rows stream through it. */
const engineMemoryBytes = 256 * 1024 ** 2

/** Writes the rows of a slice in the order in which they lie in its files. */
export async function writeFeedSlice(
  { slice: { plan, offset, limit }, storage, work }: FeedSliceRequest,
  signal: AbortSignal,
): Promise<readonly ExportedPart[]> {
  // More than one thread would give the rows in any order.
  await using engine = await openEngine({
    name: 'duckdb',
    memoryBytes: engineMemoryBytes,
    threads: 1,
    ...storage,
  })
  await engine.attach(plan)
  const range = limit === undefined ? sql` offset ${offset}` : sql` limit ${limit} offset ${offset}`
  const select = sql`select * from ${{ kind: 'table-ref', name: plan.table }}${range}`
  return await writeParts(
    columnBlocks(await engine.columns(select, { signal }), work.blocks),
    work.target,
    signal,
  )
}

/** The Avro schema of a feed's rows. */
export async function feedSchema(catalog: Catalog, table: string, snapshotId: string): Promise<AvroSchema> {
  const { schema } = await catalog.planScan(table, { snapshotId })
  return avroSchemaOf(schema, table)
}
