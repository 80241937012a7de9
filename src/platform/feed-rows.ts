import { columnBlocks, type AvroSchema } from '../avro/index.ts'
import type { Engine } from '../engines/index.ts'
import { writeParts, type ExportedPart, type SliceWork } from '../publish/index.ts'
import { sql } from '../sql/index.ts'
import { avroSchemaOf, type Catalog } from '../tables/index.ts'
import type { FeedSlice } from './feed-slices.ts'

/** Writes the rows of a slice in the order in which they lie in its files, as an engine of one thread reads them. */
export async function writeFeedSlice(
  engine: Engine,
  { plan, offset, limit }: FeedSlice,
  work: SliceWork,
  signal: AbortSignal,
): Promise<readonly ExportedPart[]> {
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
