import type { AvroSchema } from '../avro/index.ts'
import { openEngine } from '../engines/index.ts'
import { joinSql, identifier, sql } from '../sql/index.ts'
import type { StorageAccess } from '../storage/index.ts'
import { avroSchemaOf, type Catalog } from '../tables/index.ts'

/** Memory of the engine that reads rows for one export. */
const exportMemoryBytes = 256 * 1024 ** 2

/** Rows of a pinned snapshot in the order of the table's key, so that the same snapshot always gives the same bytes. */
export async function* readFeedRows(
  catalog: Catalog,
  {
    table,
    snapshotId,
    scratchFolder,
    storage,
  }: { table: string; snapshotId: string; scratchFolder: string; storage: StorageAccess },
  signal: AbortSignal,
): AsyncIterable<readonly object[]> {
  const [plan, info] = await Promise.all([catalog.planScan(table, { snapshotId }), catalog.table(table)])
  await using engine = await openEngine({
    name: 'duckdb',
    memoryBytes: exportMemoryBytes,
    threads: 1,
    scratchFolder,
    ...storage,
  })
  await engine.attach(plan)
  const key = JSON.parse(info.properties['nacre.key'] ?? '[]') as string[]
  const order = key.length === 0 ? sql`` : sql` order by ${joinSql(key.map(identifier))}`
  yield* (await engine.query(sql`select * from ${{ kind: 'table-ref', name: table }}${order}`, { signal }))
    .batches
}

/** The Avro schema of those rows. */
export async function feedSchema(catalog: Catalog, table: string, snapshotId: string): Promise<AvroSchema> {
  const { schema } = await catalog.planScan(table, { snapshotId })
  return avroSchemaOf(schema, table)
}
