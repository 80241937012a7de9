import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backoffMs } from '../../../src/base/index.ts'

const limits = fc
  .tuple(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 0, max: 1_000_000 }))
  .map(([minMs, more]) => ({ minMs, maxMs: minMs + more }))
const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

test('a wait is a whole number within its limits, however many tries there were', () => {
  fc.assert(
    fc.property(limits, fc.integer({ min: 1, max: 10_000 }), chance, ({ minMs, maxMs }, attempt, random) => {
      const wait = backoffMs(attempt, { minMs, maxMs, random: () => random })
      assert.ok(Number.isInteger(wait))
      assert.ok(wait >= minMs && wait <= maxMs, `${wait} is outside ${minMs}…${maxMs}`)
    }),
  )
})

test('the longest wait doubles with each try until its limit, and any chance may be drawn', () => {
  const longest = [1, 2, 3, 4, 5, 6].map((attempt) =>
    backoffMs(attempt, { minMs: 100, maxMs: 2000, random: () => 1 - Number.EPSILON }),
  )
  assert.deepEqual(longest, [100, 200, 400, 800, 1600, 2000])
  assert.equal(backoffMs(6, { minMs: 100, maxMs: 2000, random: () => 0 }), 100)
})
