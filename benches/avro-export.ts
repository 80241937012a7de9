/**
 * How many rows per second of CPU does the export of a feed write, and does its memory stay flat? Eight columns, deflate;
 * first from rows that exist already (the export alone), then read from a table by DuckDB as the platform does.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEngine } from '../src/engines/index.ts'
import { exportSnapshot } from '../src/publish/export-snapshot.ts'
import { rawSql } from '../src/sql/index.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const columns = {
  reader: 'string',
  book: 'long',
  started_at: { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true },
  day: { type: 'int', logicalType: 'date' },
  minutes: 'double',
  pages: 'int',
  finished: 'boolean',
  device: 'string',
} as const
const schema = {
  type: 'record',
  name: 'sessions',
  fields: Object.entries(columns).map(([name, type]) => ({ name, type: ['null', type], default: null })),
}

async function* repeated(): AsyncGenerator<readonly object[]> {
  const batch = Array.from({ length: 2048 }, (_, index) => ({
    reader: `reader-${index * 7919}`,
    book: index * 31,
    started_at: '2026-01-05T10:11:12.131Z',
    day: '2026-01-05',
    minutes: index / 3,
    pages: index % 50,
    finished: index % 9 === 0,
    device: index % 2 === 0 ? 'phone' : 'tablet',
  }))
  for (let rows = 0; rows < count; rows += batch.length) yield batch
}

async function measure(name: string, rows: () => AsyncIterable<readonly object[]>): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'nacre-bench-'))
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  let peak = 0
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50)
  const manifest = await exportSnapshot(
    join(folder, 'export'),
    {
      table: 'bench.sessions',
      tableUuid: 'bench',
      snapshotId: '1',
      sequenceNumber: 1,
      schema,
      codec: 'deflate',
    },
    rows,
  )
  clearInterval(timer)
  const { user, system } = process.cpuUsage(cpuBefore)
  await rm(folder, { recursive: true })
  return {
    source: name,
    rows: manifest.rows,
    megabytes: Math.round(manifest.sizeBytes / 1e6),
    seconds: ((performance.now() - startedAt) / 1000).toFixed(1),
    'rows per CPU-second': Math.round((manifest.rows / (user + system)) * 1e6),
    'peak MB resident': Math.round(peak / 1e6),
  }
}

await using engine = await openEngine({ name: 'duckdb', threads: 1, memoryBytes: 512 * 1024 ** 2 })
const fromDuckdb = async function* (): AsyncGenerator<readonly object[]> {
  const { batches } = await engine.query(
    rawSql(`select 'reader-' || (i * 7919 % 100000) as reader, i::bigint as book,
      timestamptz '2026-01-05 10:11:12+00' + to_seconds(i % 86400) as started_at, date '2026-01-05' as day, i / 3 as minutes,
      (i % 50)::integer as pages, i % 9 = 0 as finished, case when i % 2 = 0 then 'phone' else 'tablet' end as device
    from range(${count}) numbers(i)`),
  )
  yield* batches
}
console.table([await measure('rows in memory', repeated), await measure('DuckDB', fromDuckdb)])
