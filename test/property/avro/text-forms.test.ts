import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  dateOfDays,
  daysOfDate,
  decimalOfUnscaled,
  microsOfTime,
  microsOfTimestamp,
  timeOfMicros,
  timestampOfMicros,
  twosComplementOf,
  unscaledOfDecimal,
  valueOfTwosComplement,
} from '../../../src/avro/index.ts'

// 0001-01-01 to 9999-12-31, the days four digits can write.
const days = fc.integer({ min: -719_162, max: 2_932_896 })
const inDay = fc.integer({ min: 0, max: 86_400_000_000 - 1 })

test('dates, times and timestamps survive their text', () => {
  fc.assert(
    fc.property(days, inDay, (day, micros) => {
      assert.equal(daysOfDate(dateOfDays(day)), day)
      assert.equal(microsOfTime(timeOfMicros(micros)), micros)
      const at = BigInt(day) * 86_400_000_000n + BigInt(micros)
      assert.equal(BigInt(microsOfTimestamp(timestampOfMicros(at))), at)
    }),
  )
})

test("timestamps agree with JavaScript's own to the millisecond, whatever the offset", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1000-01-01'), max: new Date('9998-01-01'), noInvalidDate: true }),
      (date) => {
        assert.equal(BigInt(microsOfTimestamp(date.toISOString())), BigInt(date.getTime()) * 1000n)
        const shifted = new Date(date.getTime() + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30')
        assert.equal(microsOfTimestamp(shifted), microsOfTimestamp(date.toISOString()))
      },
    ),
  )
})

test("DuckDB's texts of timestamps are read", () => {
  for (const text of ['2026-01-05 10:00:00.5+00', '2026-01-05 10:00:00.5', '2026-01-05T12:00:00.500000+02'])
    assert.equal(microsOfTimestamp(text), Date.UTC(2026, 0, 5, 10, 0, 0, 500) * 1000)
  assert.equal(microsOfTimestamp('2026-01-05'), Date.UTC(2026, 0, 5) * 1000)
})

test('what is no date, time or timestamp is refused', () => {
  for (const text of ['2026-02-30', '2026-1-5', 'infinity', '', '0044-03-15 (BC)'])
    assert.throws(() => daysOfDate(text), { code: 'NACRE_INPUT' }, text)
  for (const text of ['24:00', '10', '10:00:60', '10:00:00Z'])
    assert.throws(() => microsOfTime(text), { code: 'NACRE_INPUT' }, text)
  for (const text of ['10:00', '2026-01-05 10', '2026-01-05 25:00:00', 'now'])
    assert.throws(() => microsOfTimestamp(text), { code: 'NACRE_INPUT' }, text)
})

test('decimals survive text and bytes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.nat(38), (unscaled, scale) => {
      assert.equal(unscaledOfDecimal(decimalOfUnscaled(unscaled, scale), scale), unscaled)
      const bytes = twosComplementOf(unscaled)
      assert.equal(valueOfTwosComplement(bytes), unscaled)
      assert.equal(valueOfTwosComplement(twosComplementOf(unscaled, 20)), unscaled)
      // As few bytes as hold it: without its first byte it would be another value.
      if (bytes.length > 1) assert.notEqual(valueOfTwosComplement(bytes.subarray(1)), unscaled)
    }),
  )
  assert.equal(unscaledOfDecimal('1.50', 2), 150n)
  assert.equal(unscaledOfDecimal('-.5', 2), -50n)
  for (const text of ['1.234', '', '.', 'x', '1e5'])
    assert.throws(() => unscaledOfDecimal(text, 2), { code: 'NACRE_INPUT' })
})
