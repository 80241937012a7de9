import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { migrate, openDatabase } from '../../../src/database/index.ts'
import { openEngine, openSandbox } from '../../../src/engines/index.ts'
import {
  dashboard,
  openModels,
  sandboxHost,
  type Models,
  type TileResult,
} from '../../../src/models/index.ts'
import { rawSql } from '../../../src/sql/index.ts'
import { migrations } from '../../../src/tables/index.ts'
import { openModelHost, type TestTables } from '../../support/model-host.ts'
import { define, tempCatalog } from '../../support/temp-catalog.ts'

/** The golden queries give the same rows over Iceberg tables in the sandbox as over plain tables in a bare DuckDB. */
const golden = new URL('../../golden/models/', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, golden), 'utf8')
const files = { 'bookstore.malloy': read('bookstore.malloy') }
const tiles = globSync('queries/*.malloy', { cwd: golden })
  .sort()
  .map((path) => ({ title: path, query: read(path).trim(), chart: { kind: 'table' } as const }))
const bookstore = dashboard('bookstore', { title: 'Bookstore', model: 'bookstore.malloy', tiles })

const rows: Record<string, string> = {
  'metrics.engagement': `SELECT DATE '2026-01-01' + (i % 20)::int AS day, ['phone', 'web', NULL][1 + i % 3] AS device,
    i AS readers, i * 1.5 AS minutes FROM range(200) AS t(i)`,
  'metrics.growth': `SELECT DATE '2026-01-01' + i::int AS day, i * 2 AS signups, i AS converted, 3 AS churned FROM range(20) AS t(i)`,
  'metrics.retention': `SELECT DATE '2026-01-05' + (7 * (i // 4))::int AS cohort_week, (i % 4)::int AS week_number,
    100 AS cohort_size, 100 - 9 * i AS returned FROM range(11) AS t(i)`,
  'events.book_opened': `SELECT TIMESTAMPTZ '2026-01-01T00:00:00Z' + to_hours(i::int) AS ts, 'u' || (i % 7) AS user_id,
    'b' || (i % 5) AS book_id FROM range(300) AS t(i)`,
  'catalogue.books': `SELECT 'b' || i AS book_id, 'Title ' || i AS title, ['novel', 'poem'][1 + i % 2] AS genre FROM range(5) AS t(i)`,
}
const tables = Object.fromEntries(
  Object.entries(JSON.parse(read('tables.json')) as TestTables).map(
    ([name, { columns }]) => [name, { columns, rows: rows[name]! }] as const,
  ),
)

suite('tiles over Iceberg tables in the sandbox', () => {
  const stack = new AsyncDisposableStack()
  let sandboxed: Models
  let bare: Models
  const run = (models: Models, tile: number): Promise<TileResult> =>
    models.runTile({ dashboard: bookstore, files }, { tile, filters: {} }, AbortSignal.timeout(60_000))

  before(async () => {
    const database = stack.use(await openDatabase({}))
    await migrate(database, migrations)
    const { catalog } = stack.use(tempCatalog(database))
    await using engine = await openEngine({ name: 'duckdb', threads: 1 })
    for (const [name, { columns, rows: select }] of Object.entries(tables)) {
      await catalog.ensureTable(define(name, { columns }))
      const written = await engine.write(await catalog.planWrite(name), rawSql(select))
      await catalog.commit([{ kind: 'append', table: name, files: written }])
    }
    const sandbox = stack.use(await openSandbox({ threads: 1 }))
    sandboxed = stack.use(openModels({}, { host: sandboxHost({ catalog, sandbox, timeoutMs: 60_000 }) }))
    bare = stack.use(openModels({}, { host: stack.use(await openModelHost(tables)) }))
  })
  after(() => stack.disposeAsync())

  for (const [index, { title }] of tiles.entries()) {
    test(title, async () => {
      const expected = await run(bare, index)
      const found = await run(sandboxed, index)
      assert.ok(expected.rows.length > 0)
      assert.deepEqual(found.columns, expected.columns)
      assert.deepEqual(inOrder(found.rows), inOrder(expected.rows))
      assert.deepEqual(Object.keys(found.snapshots), Object.keys(expected.snapshots))
      assert.ok(Object.values(found.snapshots).every((id) => id !== null) && found.freshAt !== null)
      assert.equal((await run(sandboxed, index)).cached, true)
    })
  }
})

/** The bare host reads 64-bit integers within structs as text. */
function inOrder(all: TileResult['rows']): string[] {
  return all.map((row) => JSON.stringify(row).replaceAll(/"(\d+)"/g, '$1')).sort()
}
