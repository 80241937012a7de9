/** Compiled, never run: tables, fragments and errors refuse what cannot work. */
import { day, identifier, joinSql, NacreError, rawSql, sql, table, type Sql } from '../../src/sdk/index.ts'

// @ts-expect-error: no such type of column
table('a.b', { columns: { x: 'varchar' } })

// @ts-expect-error: a table has columns
table('a.b', {})

table('a.b', {
  columns: {
    list: { list: 'string' },
    struct: { struct: { a: 'long', b: { list: 'date' } } },
    full: { type: 'decimal(9,2)', required: true, doc: 'Euro.' },
  },
  partitionBy: [day('at')],
})

// @ts-expect-error: a first day is needed
day({ perRun: 3 })

export const joined: Sql = joinSql([identifier('a'), rawSql('b'), 1, null, sql`c`], ' or ')

// @ts-expect-error: fragments are made by `sql`, not by hand
export const forged: Sql = { strings: ['select 1'], values: [] }

// @ts-expect-error: no such code
export const unknown: NacreError = new NacreError('NACRE_WHATEVER', 'No.')
