import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lowerBound, parseMetricsMode, upperBound } from '../../../src/tables/schema/column-bounds.ts'
import {
  compareValues,
  deserializeValue,
  formatValue,
  parseValue,
  serializeValue,
} from '../../../src/tables/schema/primitive-codec.ts'
import type { PrimitiveType } from '../../../src/tables/index.ts'

// Points of every length in UTF-8, with those that are hard to count up from.
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', 'z', '\x7f', '\u07ff', '\ud7ff', '\uffff', '\u{10ffff}'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 40,
})
const byCodePoint = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one), Buffer.from(other))

test('every text lies within the bounds, and the bounds are short', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), fc.integer({ min: 1, max: 20 }), (texts, length) => {
      const mode = parseMetricsMode(`truncate(${length})`)
      const sorted = texts.toSorted(byCodePoint)
      const lower = lowerBound('string', sorted[0]!, mode)!
      const upper = upperBound('string', sorted.at(-1)!, mode)
      assert.ok(Array.from(lower.toString()).length <= length)
      for (const one of texts) {
        assert.ok(Buffer.compare(lower, Buffer.from(one)) <= 0)
        if (upper) assert.ok(Buffer.compare(Buffer.from(one), upper) <= 0)
      }
      if (upper) assert.ok(Array.from(upper.toString()).length <= length)
      else
        assert.ok(
          Array.from(sorted.at(-1)!)
            .slice(0, length)
            .every((point) => point === '\u{10ffff}'),
        )
    }),
  )
})

test('a maximum that DuckDB cut is raised: what it was cut from still lies below', () => {
  const cut = 'z'.repeat(256)
  const upper = upperBound('string', cut, parseMetricsMode('full'))!
  assert.ok(Buffer.compare(Buffer.from(`${cut}zzz`), upper) <= 0)
})

test('a zero of either sign lies within the bounds, in the order that tells them apart', () => {
  const mode = parseMetricsMode(undefined)
  for (const type of ['float', 'double'] as const)
    for (const zero of ['0.0', '-0.0']) {
      assert.deepEqual(lowerBound(type, zero, mode), serializeValue(type, -0))
      assert.deepEqual(upperBound(type, zero, mode), serializeValue(type, 0))
    }
})

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })
const stored: Readonly<Partial<Record<PrimitiveType, fc.Arbitrary<bigint | number | boolean | string>>>> = {
  boolean: fc.boolean(),
  int: fc.integer(),
  long: int64,
  float: fc.float({ noNaN: true }),
  double: fc.double({ noNaN: true }),
  date: fc.integer({ min: -719_162, max: 2_932_896 }),
  time: fc.integer({ min: 0, max: 86_399_999_999 }),
  timestamp: micros,
  timestamptz: micros,
  string: text,
  'decimal(38,6)': fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }),
}

test('values survive their bytes and their JSON form, and both keep the order', () => {
  for (const [type, values] of Object.entries(stored) as [PrimitiveType, fc.Arbitrary<bigint>][]) {
    fc.assert(
      fc.property(values, values, (one, other) => {
        const [a, b] = [one, other].map((value) => {
          const back = deserializeValue(type, serializeValue(type, value))
          assert.ok(back === value || BigInt(back as bigint) === value || Object.is(back, value), type)
          const parsed = parseValue(type, formatValue(type, back)!)
          assert.equal(compareValues(parsed, back), 0, type)
          return parsed
        })
        const expected =
          typeof one === 'string' ? byCodePoint(one, String(other)) : one < other ? -1 : Number(one > other)
        assert.equal(Math.sign(compareValues(a!, b!)), expected, type)
      }),
    )
  }
})

test("DuckDB's texts become Iceberg's bytes", () => {
  const mode = parseMetricsMode(undefined)
  const cases: readonly (readonly [PrimitiveType, string, string | undefined])[] = [
    ['boolean', '1', '01'],
    ['int', '-2', 'feffffff'],
    ['date', '1969-12-31', 'ffffffff'],
    ['long', '9007199254740993', '0100000000002000'],
    ['timestamptz', '1970-01-01 00:00:00.000001+00', '0100000000000000'],
    ['double', '-inf', '000000000000f0ff'],
    ['double', 'nan', undefined],
    ['float', '1.5', '0000c03f'],
    ['decimal(9,2)', '-1.28', '80'],
    ['decimal(9,2)', '1.28', '0080'],
    ['uuid', '00112233-4455-6677-8899-aabbccddeeff', '00112233445566778899aabbccddeeff'],
    ['string', 'é', 'c3a9'],
    ['date', 'infinity', undefined],
    ['date', '0044-03-15 (BC)', undefined],
    ['timestamp', '-infinity', undefined],
    ['binary', 'AB', undefined],
  ]
  for (const [type, text_, hex] of cases) {
    assert.equal(lowerBound(type, text_, mode)?.toString('hex'), hex, `${type} ${text_}`)
    assert.equal(upperBound(type, text_, mode)?.toString('hex'), hex, `${type} ${text_}`)
  }
})
