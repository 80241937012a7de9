import assert from 'node:assert/strict'
import { decodeAvro } from '../../src/avro/index.ts'
import { parseLossless } from '../../src/base/index.ts'
import type { Database } from '../../src/database/index.ts'
import type { Store } from '../../src/storage/index.ts'
import type { Catalog, DataFile, ScanPlan, WriteTarget } from '../../src/tables/index.ts'

/** Rows of a model's table: a number, and the day that number lies in. */
export interface ModelRow {
  readonly id: number
  readonly day: string
}

let fileCount = 0

/** Writes rows as the files of a table: one for each day. They hold JSON in place of Parquet, which metadata cannot tell. */
export async function writeRows(
  store: Store,
  target: Pick<WriteTarget, 'dataLocation' | 'spec'>,
  rows: readonly ModelRow[],
): Promise<DataFile[]> {
  const isPartitioned = target.spec.fields.length > 0
  const groups = Map.groupBy(rows, ({ day }) => (isPartitioned ? day : ''))
  const files: DataFile[] = []
  for (const [day, some] of groups) {
    const path = `${target.dataLocation}/rows-${fileCount++}.parquet`
    const data = Buffer.from(JSON.stringify(some))
    await store.writeIfAbsent(path, data)
    const days = some.map((row) => row.day).toSorted()
    files.push({
      path,
      rowCount: some.length,
      sizeBytes: data.length,
      partition: isPartitioned ? { [target.spec.fields[0]!.name]: day } : {},
      stats: { 1: { sizeBytes: 8, valueCount: some.length, nullCount: 0, min: days[0]!, max: days.at(-1)! } },
    })
  }
  return files
}

/** The rows of some of a scan's files. Fails when one of them is not there. */
export async function readRows(store: Store, files: ScanPlan['files']): Promise<ModelRow[]> {
  const rows: ModelRow[] = []
  for (const { path } of files)
    rows.push(...(JSON.parse(Buffer.from(await store.read(path)).toString()) as ModelRow[]))
  return rows
}

/** The ids of a snapshot's rows in order, as text. A row that is there twice is twice in it. */
export async function rowsOfSnapshot(
  catalog: Catalog,
  store: Store,
  table: string,
  snapshotId: string,
): Promise<string> {
  const { files } = await catalog.planScan(table, { snapshotId })
  return textOf((await readRows(store, files)).map(({ id }) => id))
}

/** Ids in order, as text. */
export function textOf(ids: Iterable<number>): string {
  return [...ids].toSorted((one, other) => one - other).join(' ')
}

interface Listed {
  readonly manifest_path: string
}
interface Entry {
  readonly status: number
  readonly data_file: { readonly file_path: string }
}
interface Metadata {
  readonly location: string
  readonly snapshots: readonly { readonly 'manifest-list': string }[]
  readonly 'metadata-log': readonly { readonly 'metadata-file': string }[]
}

/** Fails unless the table's folder holds exactly what its metadata leads to, found without the code under test. */
export async function assertNothingUnreachable(
  store: Store,
  database: Database,
  table: string,
): Promise<void> {
  const [row] = await database.query<{ metadata_location: string }>(
    'select metadata_location from catalog_table where name = $1',
    [table],
  )
  const metadata = parseLossless(Buffer.from(await store.read(row!.metadata_location)).toString()) as Metadata
  const needed = new Set([
    row!.metadata_location,
    ...metadata['metadata-log'].map((entry) => entry['metadata-file']),
  ])
  for (const { 'manifest-list': list } of metadata.snapshots) {
    needed.add(list)
    for (const { manifest_path: manifest } of decodeAvro<Listed>(await store.read(list)).rows) {
      needed.add(manifest)
      for (const { status, data_file: file } of decodeAvro<Entry>(await store.read(manifest)).rows)
        if (status !== 2) needed.add(file.file_path)
    }
  }
  const present = (await Array.fromAsync(store.list(metadata.location))).map(({ uri }) => uri)
  // A log names former metadata files also after they were deleted.
  const log = new Set(metadata['metadata-log'].map((entry) => entry['metadata-file']))
  assert.deepEqual(
    present.filter((uri) => !log.has(uri)),
    [...needed].filter((uri) => !log.has(uri)).toSorted(),
  )
}
