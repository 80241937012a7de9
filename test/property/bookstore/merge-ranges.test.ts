import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sql } from 'nacre'
import { mergeRanges } from '../../../examples/bookstore/sql/merge-ranges.ts'
import { openSqlTables } from '../../support/sql-tables.ts'

interface Range {
  readonly key: string
  readonly lo: number
  readonly hi: number
}

/** Joins two ranges that are near enough, until no two are. */
function mergeByHand(ranges: readonly Range[], gap: number): Range[] {
  const done: Range[] = []
  for (const range of ranges) {
    let { key, lo, hi } = range
    for (
      let other;
      (other = done.find((one) => one.key === key && lo <= one.hi + gap && one.lo <= hi + gap));
    ) {
      done.splice(done.indexOf(other), 1)
      lo = Math.min(lo, other.lo)
      hi = Math.max(hi, other.hi)
    }
    done.push({ key, lo, hi })
  }
  return done.sort((a, b) => (a.key === b.key ? a.lo - b.lo : a.key < b.key ? -1 : 1))
}

const ranges = fc.array(
  fc
    .record({
      key: fc.constantFrom('a', 'b'),
      lo: fc.integer({ min: 0, max: 25 }),
      size: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ key, lo, size }) => ({ key, lo, hi: lo + size })),
  { maxLength: 12 },
)

test('ranges that overlap, touch or are near become one, repeated ones too', async () => {
  using tables = await openSqlTables([])
  await fc.assert(
    fc.asyncProperty(ranges, fc.integer({ min: 0, max: 3 }), async (some, gap) => {
      const given = sql`select { name: key } as key, lo, hi
        from (select unnest(from_json(${JSON.stringify(some)}, '[{"key":"VARCHAR","lo":"INTEGER","hi":"INTEGER"}]'), max_depth := 2))`
      const merged = await tables.rows(
        sql`select key.name as key, lo, hi from (${mergeRanges(given, gap)}) order by all`,
      )
      assert.deepEqual(merged, mergeByHand(some, gap))
    }),
    { numRuns: 300 },
  )
})
