import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { migrate, openDatabase } from '../src/database/index.ts'
import { openEngine, openSandbox } from '../src/engines/index.ts'
import { dashboard, openModels, sandboxHost, type TileResult } from '../src/models/index.ts'
import { quoteString, sql } from '../src/sql/index.ts'
import { fileUriOfPath, openFileStore, pathOfFileUri } from '../src/storage/index.ts'
import { migrations, openCatalog, type DataFile } from '../src/tables/index.ts'

// What does a tile cost beside its SQL in a bare DuckDB: compiled and run for a filter never seen before, and from the cache?

const rounds = 40
const rowCount = 300_000
// Several, as tables have: of a single file DuckDB knows more than of any two.
const fileCount = 8
const days = 100
const threads = 2
const folder = mkdtempSync(join(tmpdir(), 'nacre-bench-'))
const warehouse = fileUriOfPath(join(folder, 'warehouse'))
const table = 'bench.engagement'
const model = `source: engagement is duckdb.table('${table}') extend {
  measure: active_readers is count(reader), minutes_read is \`minutes\`.sum()
  view: by_day is { group_by: \`day\`, aggregate: active_readers, minutes_read, order_by: \`day\` }
}`
const definition = dashboard('bench', {
  title: 'Bench',
  model: 'bench.malloy',
  filters: [{ kind: 'days', name: 'days', label: 'Days', default: 'last:30d' }],
  tiles: [
    {
      title: 'Readers',
      query: 'engagement -> by_day',
      dateField: 'day',
      chart: { kind: 'line', x: 'day', y: ['active_readers'] },
    },
  ],
})

try {
  await using database = await openDatabase({ folder: join(folder, 'database') })
  await migrate(database, migrations)
  const catalog = openCatalog({ database, store: openFileStore(warehouse), warehouse })
  const columns = { day: 'date', reader: 'string', device: 'string', minutes: 'double' } as const
  await catalog.ensureTable({ kind: 'table-ref', name: table, spec: { columns } })
  await using engine = await openEngine({ name: 'duckdb', threads })
  const files: DataFile[] = []
  for (let file = 0; file < fileCount; file++) {
    const [from, to] = [file, file + 1].map((part) => Math.round((part * rowCount) / fileCount)) as [
      number,
      number,
    ]
    const written = await engine.write(
      await catalog.planWrite(table),
      sql`select date '2026-01-01' + (range % ${days})::int as day, 'r' || hash(range) % 20000 as reader,
      ['phone', 'tablet', 'web'][1 + range % 3] as device, (hash(range * 13) % 600) / 10 as minutes from range(${from}, ${to})`,
    )
    files.push(...written)
  }
  await catalog.commit([{ kind: 'append', table, files }])

  await using sandbox = await openSandbox({ threads })
  await using models = openModels({}, { host: sandboxHost({ catalog, sandbox, timeoutMs: 60_000 }) })
  const run = (first: number): Promise<TileResult> =>
    models.runTile(
      { dashboard: definition, files: { 'bench.malloy': model } },
      { tile: 0, filters: { days: `${dayText(first)}..${dayText(days - 1)}` } },
      AbortSignal.timeout(60_000),
    )

  const bare = await DuckDBInstance.create(':memory:', { threads: String(threads) })
  const connection = await bare.connect()
  const paths = files.map(({ path }) => quoteString(pathOfFileUri(path)))
  await connection.run('create schema bench')
  await connection.run(`create view ${table} as select * from read_parquet([${paths.join(', ')}])`)

  const firstStart = performance.now()
  const { sql: firstSql } = await run(0)
  const firstMs = performance.now() - firstStart
  const times = { fresh: [] as number[], cached: [] as number[], bare: [] as number[] }
  for (let round = -5; round < rounds; round++) {
    const first = round + 6
    const timed = async <T>(name: keyof typeof times, work: () => Promise<T>): Promise<T> => {
      const start = performance.now()
      const result = await work()
      if (round >= 0) times[name].push(performance.now() - start)
      return result
    }
    const fresh = (): Promise<TileResult> => timed('fresh', () => run(first))
    const plain = (): Promise<unknown[]> => {
      const statement = firstSql.replace(dayText(0), dayText(first))
      return timed('bare', async () => (await connection.runAndReadAll(statement)).getRowsJson())
    }
    // In turn, so that neither always finds the other's pages in memory.
    const bareFirst = round % 2 === 0 ? await plain() : undefined
    const tile = await fresh()
    const bareRows = bareFirst ?? (await plain())
    const cached = await timed('cached', () => run(first))
    if (tile.cached || !cached.cached) throw new Error('The cache did not do what is measured here.')
    if (tile.rows.length !== days - first || bareRows.length !== tile.rows.length) {
      throw new Error(`The tile gave ${tile.rows.length} rows, bare SQL ${bareRows.length}.`)
    }
  }
  const bareMs = median(times.bare)
  console.log(
    JSON.stringify(
      {
        bench: 'dashboard',
        rows: rowCount,
        rounds,
        firstMs: round1(firstMs),
        bareMs: round1(bareMs),
        tileMs: round1(median(times.fresh)),
        addedMs: round1(median(times.fresh.map((ms, index) => ms - times.bare[index]!))),
        addedGoalMs: 20,
        cachedMs: round1(median(times.cached)),
        cachedGoalMs: 10,
      },
      null,
      2,
    ),
  )
  connection.closeSync()
  bare.closeSync()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function dayText(index: number): string {
  return new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10)
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!
}

function round1(value: number): number {
  return Number(value.toFixed(1))
}
