import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { openEngine } from '../src/engines/index.ts'
import { quoteString, sql } from '../src/sql/index.ts'
import { fileUriOfPath, pathOfFileUri } from '../src/storage/index.ts'
import type { DataFile, PrimitiveType, ScanPlan, WriteTarget } from '../src/tables/index.ts'

// What does SQL in a job cost beside a bare DuckDB: attach a snapshot and run one aggregate, against the same aggregate on the same files?

const rounds = 21
const rowCount = 1_000_000
const days = 60
const folder = mkdtempSync(join(tmpdir(), 'nacre-bench-'))
const limits = { threads: 2, memoryBytes: 1024 ** 3 }

try {
  await using engine = await openEngine({ name: 'duckdb', ...limits })
  const target = spansTarget(fileUriOfPath(folder))
  const files = await engine.write(
    target,
    sql`select range as id, hash(range) % 50000 as reader, hash(range * 7) % 2000 as book,
      timestamptz '2026-01-01' + to_seconds(range * ${(days * 86_400) / rowCount}) as "at",
      (hash(range * 13) % 600) / 10 as minutes, ['phone', 'tablet', 'web'][1 + range % 3] as device from range(${rowCount})`,
  )
  const aggregate = (from: string): string =>
    `select cast("at" as date) as day, device, count(distinct reader) as readers, sum(minutes) as minutes
     from ${from} where minutes > 1 group by all order by all`

  const bare = await DuckDBInstance.create(':memory:', {
    threads: String(limits.threads),
    memory_limit: `${limits.memoryBytes}B`,
  })
  const connection = await bare.connect()
  await connection.run(`SET TimeZone = 'UTC'`)
  const paths = files.map(({ path }) => quoteString(pathOfFileUri(path)))
  const runs = {
    engine: async (): Promise<number> => {
      await engine.attach(planOf(target, files))
      return (await engine.rows(aggregate('bench.spans'))).length
    },
    bare: async (): Promise<number> => {
      const reader = await connection.runAndReadAll(aggregate(`read_parquet([${paths.join(', ')}])`))
      return reader.getRowObjects().length
    },
  }
  const times: Record<keyof typeof runs, number[]> = { engine: [], bare: [] }
  for (let round = -3; round < rounds; round++)
    for (const name of round % 2 === 0 ? (['engine', 'bare'] as const) : (['bare', 'engine'] as const)) {
      const start = performance.now()
      const rows = await runs[name]()
      if (rows !== days * 3) throw new Error(`${name} gave ${rows} rows, not ${days * 3}`)
      if (round >= 0) times[name].push(performance.now() - start)
    }
  const engineMs = median(times.engine)
  const bareMs = median(times.bare)
  console.log(
    JSON.stringify(
      {
        bench: 'sql-in-job',
        rows: rowCount,
        files: files.length,
        rounds,
        engineMs: round1(engineMs),
        bareMs: round1(bareMs),
        ratio: Number((engineMs / bareMs).toFixed(3)),
        goal: 1.1,
      },
      null,
      2,
    ),
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function spansTarget(location: string): WriteTarget {
  const types: Readonly<Record<string, PrimitiveType>> = {
    id: 'long',
    reader: 'int',
    book: 'int',
    at: 'timestamptz',
    minutes: 'double',
    device: 'string',
  }
  const fields = Object.entries(types).map(([name, type], index) => ({
    id: index + 1,
    name,
    required: false,
    type,
  }))
  return {
    table: 'bench.spans',
    tableUuid: '00000000-0000-7000-8000-000000000000',
    schema: { type: 'struct', 'schema-id': 0, fields },
    spec: { 'spec-id': 0, fields: [{ 'source-id': 4, 'field-id': 1000, name: 'day', transform: 'day' }] },
    sortBy: ['reader'],
    dataLocation: `${location}/data`,
  }
}

function planOf(target: WriteTarget, files: readonly DataFile[]): ScanPlan {
  const { table, tableUuid, schema } = target
  return {
    table,
    tableUuid,
    snapshotId: '1',
    schema,
    fileSchemas: [schema],
    files: files.map((file) => ({ ...file, schemaId: 0 })),
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!
}

function round1(value: number): number {
  return Number(value.toFixed(1))
}
