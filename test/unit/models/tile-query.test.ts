import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tileQuery, valuesQuery } from '../../../src/models/tile-query.ts'

const chart = { kind: 'table' } as const
const days = { from: '2026-01-01', until: '2026-02-01' }

test('filters become conditions on the source, before its first stage', () => {
  assert.equal(
    tileQuery(
      {
        title: '',
        chart,
        query: 'engagement -> by_day -> { aggregate: n is count() }',
        dateField: 'day',
        filterFields: { device: 'readers.device' },
      },
      { days, choices: { device: 'e-reader' } },
    ),
    "engagement\nextend { where: `day` ? @2026-01-01 to @2026-02-01, `readers`.`device` = 'e-reader' }\n-> by_day -> { aggregate: n is count() }",
  )
})

test('filters that are not set, or that a tile has no field for, change nothing', () => {
  const query = 'engagement -> by_day'
  const set = { days, choices: { device: 'phone' } }
  assert.equal(tileQuery({ title: '', chart, query }, set), query)
  assert.equal(tileQuery({ title: '', chart, query, filterFields: { genre: 'genre' } }, set), query)
  assert.equal(tileQuery({ title: '', chart, query, dateField: 'day' }, { choices: {} }), query)
})

test('a named query is refined', () => {
  assert.equal(
    tileQuery({ title: '', chart, query: 'weekly', dateField: 'day' }, { days, choices: {} }),
    'weekly + { where: `day` ? @2026-01-01 to @2026-02-01 }',
  )
})

test('arrows within brackets, strings, names and comments are not the first stage', () => {
  for (const source of [
    '(a -> b)',
    'a extend { view: v is { group_by: x } -> { group_by: x } }',
    "a extend { where: x = '-> \\' ->' }",
    'a extend { where: x = "->" }',
    'a extend { rename: `x->y` is z }',
    'a /* -> */ ',
    'a -- ->\n',
    'duckdb.sql("""select \' -> (""")',
  ]) {
    assert.equal(
      tileQuery({ title: '', chart, query: `${source}-> v`, dateField: 'd' }, { days, choices: {} }),
      `${source.trimEnd()}\nextend { where: \`d\` ? @2026-01-01 to @2026-02-01 }\n-> v`,
    )
  }
})

test('suggestions are the distinct values, without null', () => {
  assert.equal(
    valuesQuery('engagement', 'book.genre', 200),
    '`engagement` -> { group_by: `value` is `book`.`genre`; where: `book`.`genre` is not null; order_by: `value`; limit: 200 }',
  )
})
