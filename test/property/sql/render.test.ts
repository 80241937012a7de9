import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  identifier,
  joinSql,
  rawSql,
  renderSql,
  sql,
  type Sql,
  type SqlPart,
} from '../../../src/sql/index.ts'

const value = fc.oneof(fc.string(), fc.integer(), fc.bigInt(), fc.boolean(), fc.constant(null))

/** A fragment, and the values and tables it must render to, in order. */
interface Case {
  readonly part: SqlPart
  readonly values: readonly unknown[]
  readonly tables: readonly string[]
}

const combine = (build: (parts: readonly SqlPart[]) => Sql, cases: readonly Case[]): Case => ({
  part: build(cases.map(({ part }) => part)),
  values: cases.flatMap(({ values }) => values),
  tables: cases.flatMap(({ tables }) => tables),
})

const { tree } = fc.letrec<{ tree: Case; part: Case }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small' },
    value.map((each): Case => ({ part: each, values: [each], tables: [] })),
    fc
      .constantFrom('a.b', 'c.d')
      .map((name): Case => ({ part: { kind: 'table-ref', name }, values: [], tables: [name] })),
    fc.constantFrom('x', 'y"').map((name): Case => ({ part: identifier(name), values: [], tables: [] })),
    tie('tree'),
  ),
  tree: fc.oneof(
    fc.array(tie('part'), { maxLength: 4 }).map((cases) => combine((parts) => joinSql(parts, ' '), cases)),
    fc
      .tuple(tie('part'), tie('part'))
      .map((cases) => combine(([a, b]) => sql`f(${a!}, ${sql`(${b!})`})`, cases)),
    fc.constant<Case>({ part: rawSql('1'), values: [], tables: [] }),
  ),
}))

test('every value becomes one parameter, numbered in the order of the text, and every table is resolved', () => {
  fc.assert(
    fc.property(tree, ({ part, values, tables }) => {
      const resolved: string[] = []
      const { text, parameters } = renderSql(part as Sql, (name) => (resolved.push(name), '<table>'))
      assert.deepEqual(parameters, values)
      assert.deepEqual(
        text.match(/\$\d+/g) ?? [],
        values.map((_, index) => `$${index + 1}`),
      )
      assert.deepEqual(resolved, tables)
      assert.equal(text.split('<table>').length - 1, tables.length)
    }),
  )
})
