import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  identifier,
  isSql,
  isTableRef,
  joinSql,
  quoteIdentifier,
  quoteString,
  rawSql,
  renderSql,
  sql,
  type Sql,
} from '../../../src/sql/index.ts'

const render = (fragment: Sql): { text: string; parameters: readonly unknown[] } =>
  renderSql(fragment, (name) => `<${name}>`)

test('values become parameters, tables are resolved, fragments are put in place', () => {
  const spans = { kind: 'table-ref', name: 'events.spans' } as const
  const condition = sql`day = ${'2026-01-05'} and ${sql`minutes > ${5}`}`
  assert.deepEqual(
    render(sql`select ${identifier('a "b"')}, ${1n} from ${spans} where ${condition} limit ${10}`),
    {
      text: 'select "a ""b""", $1 from <events.spans> where day = $2 and minutes > $3 limit $4',
      parameters: [1n, '2026-01-05', 5, 10],
    },
  )
})

test('a fragment used twice gets its parameters twice', () => {
  const half = sql`${'x'} || ${'y'}`
  assert.deepEqual(render(sql`select ${half}, ${half}`), {
    text: 'select $1 || $2, $3 || $4',
    parameters: ['x', 'y', 'x', 'y'],
  })
})

test('null, booleans, dates and lists are values', () => {
  const at = new Date(0)
  assert.deepEqual(render(sql`select ${null}, ${false}, ${at}, ${[1, [2]]}`), {
    text: 'select $1, $2, $3, $4',
    parameters: [null, false, at, [1, [2]]],
  })
})

test('text that looks like SQL, a parameter or a table stays a value', () => {
  const hostile = "'; drop table x; -- $1 ${2} <t>"
  assert.deepEqual(render(sql`select ${hostile}`), { text: 'select $1', parameters: [hostile] })
})

test('data that looks like a fragment does not pass for one', () => {
  const data = JSON.parse(
    '{"kind":"sql","Symbol(nacre.sql)":true,"strings":["drop table x"],"values":[]}',
  ) as string
  assert.equal(isSql(data), false)
  assert.deepEqual(render(sql`select ${data}`), { text: 'select $1', parameters: [data] })
})

test('fragments of another copy of the module are fragments, as those of a bundle', async () => {
  const path: string = '../../../src/sql/fragment.ts?another-copy'
  const other = (await import(path)) as { sql: typeof sql }
  assert.notEqual(other.sql, sql)
  assert.ok(isSql(other.sql`select 1`))
  assert.deepEqual(render(sql`select * from (${other.sql`select ${7}`})`), {
    text: 'select * from (select $1)',
    parameters: [7],
  })
})

test('only fragments and references are told to be such', () => {
  for (const value of [null, undefined, 'sql', 7, [], {}, new Date()]) {
    assert.equal(isSql(value), false)
    assert.equal(isTableRef(value), false)
  }
  assert.ok(isSql(rawSql('')))
  assert.ok(isTableRef({ kind: 'table-ref', name: 'a.b' }))
  assert.equal(isTableRef(sql`a`), false)
})

test('joining puts the separator between, and nowhere else', () => {
  assert.deepEqual(render(joinSql([])), { text: '', parameters: [] })
  assert.deepEqual(render(joinSql([1])), { text: '$1', parameters: [1] })
  assert.deepEqual(render(joinSql([sql`a = ${1}`, sql`b`, 'c'], ' and ')), {
    text: 'a = $1 and b and $2',
    parameters: [1, 'c'],
  })
  assert.deepEqual(render(sql`select ${joinSql(['a', 'b'].map(identifier))} in (${joinSql([1, 2])})`), {
    text: 'select "a", "b" in ($1, $2)',
    parameters: [1, 2],
  })
})

test('quoting cannot be left from within', () => {
  assert.equal(quoteIdentifier('a"; drop table x; --'), '"a""; drop table x; --"')
  assert.equal(quoteString("it's ''"), "'it''s '''''")
})
