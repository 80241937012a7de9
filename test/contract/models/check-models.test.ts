import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkModels, dashboard, type Tile } from '../../../src/models/index.ts'
import { table, type TableSpec } from '../../../src/tables/index.ts'

const golden = new URL('../../golden/models/', import.meta.url)
const models = { 'bookstore.malloy': readFileSync(new URL('bookstore.malloy', golden), 'utf8') }
const declared = JSON.parse(readFileSync(new URL('tables.json', golden), 'utf8')) as Record<string, TableSpec>
const tables = Object.fromEntries(
  Object.entries(declared).map(([name, spec]) => [name, table(name, spec)] as const),
)
const daily: Tile = {
  title: 'Readers',
  query: 'engagement -> by_day',
  chart: { kind: 'line', x: 'day', y: ['active_readers'] },
  dateField: 'day',
  filterFields: { device: 'device' },
}
const withTiles = (...tiles: Tile[]): Parameters<typeof checkModels>[0] => ({
  models,
  tables,
  dashboards: [
    dashboard('bookstore', {
      title: 'Bookstore',
      model: 'bookstore.malloy',
      filters: [
        { kind: 'days', name: 'days', label: 'Days', default: 'last:30d' },
        { kind: 'choice', name: 'device', label: 'Device', source: 'engagement', field: 'device' },
      ],
      tiles,
    }),
  ],
})

test('a sound app has no problems', async () => {
  const nested: Tile = {
    title: 'Nested',
    query: 'engagement -> { group_by: device, nest: by_day }',
    chart: { kind: 'table' },
  }
  const funnel: Tile = {
    title: 'Funnel',
    query: 'steps -> funnel',
    chart: { kind: 'funnel', step: 'step', value: 'readers' },
  }
  assert.deepEqual(await checkModels(withTiles(daily, nested, funnel)), [])
  assert.deepEqual(await checkModels({ models: {}, dashboards: [], tables: {} }), [])
})

test('each wrong tile and filter is named', async () => {
  const app = withTiles(
    { ...daily, title: 'Undefined', query: 'engagement -> by_hour' },
    { ...daily, title: 'Field', dateField: 'moment' },
    { ...daily, title: 'Column', chart: { kind: 'bar', x: 'day', y: ['people'] } },
    { ...daily, title: 'Format', chart: { kind: 'table', formats: { share: 'percent' } } },
    { ...daily, title: 'Function', query: 'engagement -> { group_by: x is no_such_function!(device) }' },
  )
  const [bookstore] = app.dashboards
  const choice = {
    kind: 'choice',
    name: 'genre',
    label: 'Genre',
    source: 'reading',
    field: 'gender',
  } as const
  const problems = await checkModels({
    ...app,
    dashboards: [{ ...bookstore!, filters: [...bookstore!.filters, choice] }],
  })
  const expected = [
    /^dashboard 'bookstore', tile 'Undefined': query:3:\d+: 'by_hour' is not defined/,
    /^dashboard 'bookstore', tile 'Field': query:2:\d+: 'moment' is not defined/,
    /^dashboard 'bookstore', tile 'Column': its chart draws 'people', but its query gives day, active_readers, reading_minutes\.$/,
    /^dashboard 'bookstore', tile 'Format': its chart draws 'share', but/,
    /^dashboard 'bookstore', tile 'Function': .*no_such_function/s,
    /^dashboard 'bookstore', filter 'genre': query:1:\d+: 'gender' is not defined/,
  ]
  assert.equal(problems.length, expected.length, problems.join('\n'))
  for (const [index, pattern] of expected.entries()) assert.match(problems[index]!, pattern)
})

test('a model over a table that the app does not declare is named', async () => {
  const { 'metrics.growth': _growth, ...others } = tables
  const problems = await checkModels({ ...withTiles(daily), tables: others })
  assert.match(
    problems.join('\n'),
    /^bookstore\.malloy:\d+:\d+: There is no table 'metrics\.growth'; the app declares catalogue\.books, events\.book_opened/,
  )
})
