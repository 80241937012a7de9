import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DashboardFilter } from '../../../src/models/index.ts'
import { previousDays, readDays, readFilterValues } from '../../../src/models/filter-values.ts'

const now = Date.parse('2026-03-01T00:30:00Z')
const filters: readonly DashboardFilter[] = [
  { kind: 'days', name: 'days', label: 'Days', default: 'last:30d' },
  { kind: 'choice', name: 'device', label: 'Device', source: 'engagement', field: 'device' },
]

test('last:30d ends with today, UTC, which is included', () => {
  assert.deepEqual(readDays('last:30d', now), { from: '2026-01-31', until: '2026-03-02' })
  assert.deepEqual(readDays('last:1d', now), { from: '2026-03-01', until: '2026-03-02' })
})

test('a range includes both its days', () => {
  assert.deepEqual(readDays('2026-01-01..2026-01-31', now), { from: '2026-01-01', until: '2026-02-01' })
  assert.deepEqual(readDays('2024-02-29..2024-02-29', now), { from: '2024-02-29', until: '2024-03-01' })
})

for (const wrong of [
  'last:0d',
  'last:30',
  'last:99999d',
  '30d',
  '2026-01-01',
  '2026-01-01..',
  '2026-02-30..2026-03-01',
  '2026-01-02..2026-01-01',
  '2026-01-01..2026-01-02..2026-01-03',
  '2026-1-1..2026-1-2',
  "2026-01-01..2026-01-02' or true",
  '2026-01-01..+010000-01-01',
]) {
  test(`'${wrong}' is refused with the filter's name, the value and the accepted forms`, () => {
    assert.throws(() => readFilterValues(filters, { days: wrong }, now), {
      code: 'NACRE_INPUT',
      message: new RegExp(
        `^Filter 'days' cannot be '${RegExp.escape(wrong)}'; write .*last:30d.*2026-01-01\\.\\.`,
      ),
    })
  })
}

test('missing and empty values are the default range and no choice', () => {
  const expected = { days: { from: '2026-01-31', until: '2026-03-02' }, choices: {} }
  assert.deepEqual(readFilterValues(filters, {}, now), expected)
  assert.deepEqual(readFilterValues(filters, { days: '', device: '' }, now), expected)
  assert.deepEqual(readFilterValues([], {}, now), { choices: {} })
})

test('an unknown filter is refused with those there are', () => {
  assert.throws(() => readFilterValues(filters, { colour: 'red' }, now), {
    code: 'NACRE_INPUT',
    message: "There is no filter 'colour'; this dashboard has 'days', 'device'.",
  })
})

test('a choice may be any text but NUL or a very long one', () => {
  assert.deepEqual(readFilterValues(filters, { device: "it's \\ ü" }, now).choices, { device: "it's \\ ü" })
  for (const device of ['a\0b', 'x'.repeat(1001)]) {
    assert.throws(() => readFilterValues(filters, { device }, now), { code: 'NACRE_INPUT' })
  }
})

test('the previous range ends where the range begins and is as long', () => {
  const day = fc
    .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10))
  fc.assert(
    fc.property(day, day, (one, other) => {
      const [from, to] = [one, other].sort()
      const range = readDays(`${from}..${to}`, now)!
      const previous = previousDays(range)
      const length = ({ from, until }: typeof range): number => Date.parse(until) - Date.parse(from)
      assert.equal(previous.until, range.from)
      assert.equal(length(previous), length(range))
    }),
  )
})
