import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeAvro } from '../../src/avro/index.ts'
import { openEngine } from '../../src/engines/index.ts'
import { SharedFeedEngine } from '../../src/platform/feed-engine.ts'
import { openFeedSource, type FeedSourceOptions } from '../../src/platform/open-feed-source.ts'
import { exportSnapshot, type ExportManifest } from '../../src/publish/export-snapshot.ts'
import { rawSql } from '../../src/sql/index.ts'
import { avroSchemaOf, type ScanPlan } from '../../src/tables/index.ts'
import { planOf, targetOf } from './write-target.ts'

export const readingColumns = {
  n: 'long',
  reader: 'string',
  day: 'date',
  minutes: 'double',
} as const

/** A snapshot of several files, of so many rows each. */
export async function writtenPlan(folder: string, rowsOfFiles: readonly number[]): Promise<ScanPlan> {
  const target = targetOf(folder, readingColumns)
  await using engine = await openEngine({ name: 'duckdb', threads: 1 })
  const files = []
  let from = 0
  for (const rows of rowsOfFiles) {
    const select = `select n, 'reader number ' || n % 1000 as reader, date '2026-01-05' + (n % 7)::integer as day, n / 3 as minutes from range(${from}, ${from + rows}) numbers(n)`
    files.push(...(await engine.write(target, rawSql(select))))
    from += rows
  }
  return planOf(target, files)
}

/** Exports a snapshot by worker threads. */
export async function exportPlan(
  folder: string,
  plan: ScanPlan,
  {
    partBytes = 200_000,
    signal,
    ...options
  }: FeedSourceOptions & { partBytes?: number; signal?: AbortSignal } = {},
): Promise<ExportManifest> {
  const request = {
    table: plan.table,
    tableUuid: plan.tableUuid,
    snapshotId: '1',
    sequenceNumber: 1,
    schema: avroSchemaOf(plan.schema, plan.table),
    codec: 'deflate',
    partBytes,
  } as const
  await using engine = new SharedFeedEngine({ mounts: [] })
  return await exportSnapshot(folder, request, () => openFeedSource(plan, engine, options), signal)
}

/** All rows of an export in order, once its checksums are seen to be right. */
export async function exportedRows<Row>(folder: string): Promise<Row[]> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as ExportManifest
  const rows: Row[] = []
  for (const { name, sha256, rows: count } of manifest.parts) {
    const bytes = await readFile(join(folder, name))
    const found = createHash('sha256').update(bytes).digest('hex')
    const part = decodeAvro<Row>(bytes, { file: name }).rows
    if (found !== sha256 || part.length !== count) throw new Error(`${name} is not what the manifest says`)
    for (const row of part) rows.push(row)
  }
  return rows
}
