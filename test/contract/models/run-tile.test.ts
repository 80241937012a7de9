import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { dashboard, openModels, type Models, type Tile } from '../../../src/models/index.ts'
import { openModelHost, type TestModelHost, type TestTables } from '../../support/model-host.ts'

const golden = new URL('../../golden/models/', import.meta.url)
const files = { 'bookstore.malloy': readFileSync(new URL('bookstore.malloy', golden), 'utf8') }
const columns = JSON.parse(readFileSync(new URL('tables.json', golden), 'utf8')) as TestTables

const rows = {
  'metrics.engagement': `
    SELECT day::date AS day, device, readers, readers * 10.5 AS minutes
    FROM (VALUES ('2026-01-01', 'phone', 3), ('2026-01-01', 'web', 4), ('2026-01-02', 'phone', 5),
                 ('2026-01-03', 'web', 1), ('2026-01-03', NULL, 2)) AS t(day, device, readers)`,
  'metrics.growth': `
    SELECT day::date AS day, signups, converted, churned
    FROM (VALUES ('2026-01-01', 10, 4, 1), ('2026-01-02', 20, 5, 30)) AS t(day, signups, converted, churned)`,
  'metrics.retention': `
    SELECT cohort_week::date AS cohort_week, week_number, cohort_size, returned
    FROM (VALUES ('2025-12-29', 0, 8, 8), ('2025-12-29', 1, 8, 6), ('2026-01-05', 0, 4, 4))
      AS t(cohort_week, week_number, cohort_size, returned)`,
}

const tiles: Record<string, Tile> = {
  daily: {
    title: 'Readers',
    query: 'engagement -> by_day',
    chart: { kind: 'line', x: 'day', y: ['active_readers'] },
    dateField: 'day',
    filterFields: { device: 'device' },
  },
  total: {
    title: 'Readers in all',
    query: 'engagement -> totals',
    chart: { kind: 'number', compare: 'previous-period' },
    dateField: 'day',
  },
  growth: {
    title: 'Growth',
    query: 'growth -> by_day',
    chart: { kind: 'table' },
    dateField: 'day',
  },
  cohorts: {
    title: 'Retention',
    query: 'retention -> triangle',
    chart: { kind: 'heatmap', x: 'week_number', y: 'cohort', value: 'share' },
  },
  funnel: {
    title: 'Conversion',
    query: 'steps -> funnel',
    chart: { kind: 'funnel', step: 'step', value: 'readers' },
  },
}
const names = Object.keys(tiles)

const definition = dashboard('bookstore', {
  title: 'Bookstore',
  model: 'bookstore.malloy',
  filters: [
    { kind: 'days', name: 'days', label: 'Days', default: 'last:30d' },
    { kind: 'choice', name: 'device', label: 'Device', source: 'engagement', field: 'device' },
  ],
  tiles: Object.values(tiles),
})

// One compiler for all tests, as its thread takes a second to start; every test has tables and snapshots of its own.
let host: TestModelHost
const clock = { time: 0, now: (): number => clock.time }
const models = openModels(
  {},
  {
    clock,
    host: {
      describeTable: (name) => host.describeTable(name),
      describeSql: (sql) => host.describeSql(sql),
      runSql: (request) => host.runSql(request),
    },
  },
)
after(() => models[Symbol.asyncDispose]())

async function openWorld(): Promise<TestModelHost> {
  const tables = Object.entries(columns).map(([name, table]) => {
    const query = (rows as Record<string, string>)[name]
    return [name, query === undefined ? table : { ...table, rows: query }] as const
  })
  host = await openModelHost(Object.fromEntries(tables))
  clock.time = Date.parse('2026-01-03T12:00:00Z')
  return host
}

function run(
  tile: string | Tile,
  filters: Record<string, string> = {},
  signal: AbortSignal = AbortSignal.timeout(60_000),
): ReturnType<Models['runTile']> {
  const all = typeof tile === 'string' ? Object.values(tiles) : [tile]
  const index = typeof tile === 'string' ? names.indexOf(tile) : 0
  return models.runTile({ dashboard: { ...definition, tiles: all }, files }, { tile: index, filters }, signal)
}

test('tiles show what the tables hold', async () => {
  await using world = await openWorld()
  const daily = await run('daily')
  assert.deepEqual(daily.columns, [
    { name: 'day', type: 'date' },
    { name: 'active_readers', type: 'number' },
    { name: 'reading_minutes', type: 'number' },
  ])
  assert.deepEqual(daily.rows, [
    ['2026-01-01', 7, 73.5],
    ['2026-01-02', 5, 52.5],
    ['2026-01-03', 3, 31.5],
  ])
  assert.equal(daily.truncated, false)
  assert.equal(daily.cached, false)
  assert.equal(daily.previousRows, null)
  assert.deepEqual(Object.keys(daily.snapshots), ['metrics.engagement'])
  assert.equal(daily.freshAt, (await world.describeTable('metrics.engagement')).current?.committedAt)
  assert.deepEqual((await run('growth')).rows, [
    ['2026-01-01', 10, 4, 1, 9],
    ['2026-01-02', 20, 5, 30, -10],
  ])
  assert.deepEqual((await run('cohorts')).rows, [
    ['2025-12-29', 0, 1],
    ['2025-12-29', 1, 0.75],
    ['2026-01-05', 0, 1],
  ])
  assert.deepEqual((await run('funnel')).rows, [
    [1, 'signed up', 30],
    [2, 'converted', 9],
  ])
  assert.deepEqual((await run('funnel')).snapshots, (await run('growth')).snapshots)
})

test('filters restrict the tiles that have a field for them', async () => {
  await using _world = await openWorld()
  const { rows } = await run('daily', { days: '2026-01-01..2026-01-02', device: 'phone' })
  assert.deepEqual(rows, [
    ['2026-01-01', 3, 31.5],
    ['2026-01-02', 5, 52.5],
  ])
  assert.equal((await run('cohorts', { days: 'last:1d', device: 'phone' })).rows.length, 3)
})

test('a number is compared with the same days before', async () => {
  await using _world = await openWorld()
  const tile = await run('total', { days: '2026-01-02..2026-01-02' })
  assert.deepEqual(tile.rows, [[5, 52.5]])
  assert.deepEqual(tile.previousRows, [[7, 73.5]])
})

test('suggestions are the values there are, sorted, without null', async () => {
  await using _world = await openWorld()
  const suggestions = await models.suggest({ dashboard: definition, files }, AbortSignal.timeout(60_000))
  assert.deepEqual(suggestions, { device: ['phone', 'web'] })
})

test('no filter value is more than a value', async () => {
  await using world = await openWorld()
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: fc.constantFrom(...`'"\\\`\n-;{}()/*u0027`.split('')), maxLength: 12 }),
  )
  const hostile = ["' or true --", "\\' or true --", "' }, { where: true", '\\u0027 or 1=1', "''", '\\']
  await fc.assert(
    fc.asyncProperty(
      text.filter((device) => device !== '' && !device.includes('\0')),
      async (device) => {
        const literal = `'${device.replaceAll("'", "''")}'`
        await world.put('metrics.engagement', {
          ...columns['metrics.engagement']!,
          rows: `SELECT DATE '2026-01-01' AS day, ${literal} AS device, 1 AS readers, 1.0 AS minutes
               UNION ALL SELECT DATE '2026-01-01', ${literal} || 'x', 10, 1.0`,
        })
        const { rows } = await run('daily', { device })
        assert.deepEqual(rows, [['2026-01-01', 1, 1]])
      },
    ),
    { numRuns: 60, examples: hostile.map((device) => [device]) },
  )
})

test('an answer is kept until a table it reads has a new snapshot', async () => {
  await using world = await openWorld()
  const first = await run('daily')
  assert.deepEqual(await run('daily'), { ...first, cached: true })
  assert.equal(world.runs.length, 1)
  await world.put('metrics.growth', { ...columns['metrics.growth']!, rows: rows['metrics.growth'] })
  assert.equal((await run('daily')).cached, true)
  await world.put('metrics.engagement', columns['metrics.engagement']!)
  const second = await run('daily')
  assert.deepEqual(second.rows, [])
  assert.equal(second.cached, false)
  assert.notEqual(second.freshAt, first.freshAt)
})

test('a commit that comes while a query runs is not answered from before it', async () => {
  await using world = await openWorld()
  const runSql = world.runSql.bind(world)
  const late = { ...columns['metrics.engagement']!, rows: rows['metrics.engagement'] }
  world.runSql = async (request) => {
    await world.put('metrics.engagement', late)
    return runSql(request)
  }
  const first = await run('daily')
  world.runSql = runSql
  assert.deepEqual(first.snapshots, (await run('daily')).snapshots)
  assert.equal((await run('daily')).cached, true)
  assert.equal(world.runs.length, 1)
})

test('the same tile asked many times at once runs once', async () => {
  await using world = await openWorld()
  const answers = await Promise.all(Array.from({ length: 8 }, () => run('daily')))
  assert.equal(world.runs.length, 1)
  for (const { rows } of answers) assert.equal(rows.length, 3)
})

test('a query whose last reader has left is cancelled; others are served', async () => {
  await using world = await openWorld()
  await run('daily', { device: 'web' })
  const started = Promise.withResolvers<AbortSignal>()
  world.runSql = ({ signal }) => {
    started.resolve(signal)
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  }
  const leaving = new AbortController()
  const refused = assert.rejects(run('daily', {}, leaving.signal), { name: 'AbortError' })
  const running = await started.promise
  leaving.abort()
  await refused
  assert.equal(running.aborted, true)
})

test('a changed table schema is compiled anew', async () => {
  await using world = await openWorld()
  const tile: Tile = { title: 'All', query: 'growth -> { select: * }', chart: { kind: 'table' } }
  const width = async (): Promise<number> => (await run(tile)).columns.length
  assert.equal(await width(), 4)
  const { columns: old } = columns['metrics.growth']!
  await world.put('metrics.growth', { columns: { ...old, paused: 'long' } })
  assert.equal(await width(), 5)
})

test('at most 5,000 rows are kept, and the answer says that there are more', async () => {
  await using world = await openWorld()
  await world.put('metrics.engagement', {
    ...columns['metrics.engagement']!,
    rows: `SELECT DATE '1990-01-01' + i::int AS day, 'web' AS device, i AS readers, 1.0 AS minutes FROM range(5001) AS t(i)`,
  })
  const { rows, truncated } = await run('daily', { days: '1990-01-01..2020-01-01' })
  assert.equal(rows.length, 5000)
  assert.equal(truncated, true)
})

test('numbers stay exact: as numbers while they can, else as text', async () => {
  await using world = await openWorld()
  await world.put('metrics.growth', {
    ...columns['metrics.growth']!,
    rows: `SELECT DATE '2026-01-01' AS day, 9007199254740991 AS signups, 9007199254740993 AS converted, NULL AS churned`,
  })
  const tile: Tile = {
    title: 'All',
    query: 'growth -> { select: signups, converted, churned, half is 1.5, nothing is churned / 0 }',
    chart: { kind: 'table' },
  }
  const { rows } = await run(tile)
  assert.deepEqual(rows, [[9007199254740991, '9007199254740993', null, 1.5, null]])
})

test('a query that reads the clock is not answered from the cache for more than a minute', async () => {
  await using _world = await openWorld()
  const tile: Tile = { title: 'Now', query: 'growth -> { select: t is now }', chart: { kind: 'table' } }
  const isCached = async (): Promise<boolean> => (await run(tile)).cached
  assert.equal(await isCached(), false)
  assert.equal(await isCached(), true)
  clock.time += 60_000
  assert.equal(await isCached(), false)
})

test('an unknown tile, a wrong value and a wrong field are named', async () => {
  await using _world = await openWorld()
  await assert.rejects(run('absent'), {
    code: 'NACRE_NOT_FOUND',
    message: "Dashboard 'bookstore' has no tile -1; its tiles are 0 to 4.",
  })
  await assert.rejects(run('daily', { days: 'yesterday' }), {
    code: 'NACRE_INPUT',
    message: /^Filter 'days' cannot be 'yesterday'/,
  })
  const tile: Tile = { ...tiles['daily']!, filterFields: { device: 'gadget' } }
  await assert.rejects(run(tile, { device: 'web' }), {
    code: 'NACRE_MODEL_INVALID',
    message: /^query:2:\d+: 'gadget' is not defined\n {2}2 \| extend .*gadget/,
  })
})
