import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAgo, formatBytes, formatDuration, printable, textTable } from '../../../src/cli/text-table.ts'

test('columns are as wide as their widest cell; numbers stand to the right, grouped; null is a dash', () => {
  assert.equal(
    textTable(
      ['TABLE', 'ROWS', 'TEAM'],
      [
        ['shop.books', 1_234_567, 'shop'],
        ['a', 7, null],
        ['shop.sales', null, 'growth and more'],
      ],
    ),
    [
      'TABLE            ROWS  TEAM',
      'shop.books  1,234,567  shop',
      'a                   7  –',
      'shop.sales          –  growth and more',
    ].join('\n'),
  )
})

test('a column that is not all numbers stands to the left', () => {
  assert.equal(textTable(['N'], [[5], ['none']]), 'N\n5\nnone')
})

test('without rows there are headings only', () => {
  assert.equal(textTable(['JOB', 'STATE'], []), 'JOB  STATE')
  assert.equal(textTable([], []), '')
})

test('data can neither break the table nor steer the terminal', () => {
  assert.equal(
    textTable(
      ['NAME', 'X'],
      [
        ['two\nlines', 'tab\t'],
        ['\u001b[31mred\u001b[0m', '\u009b2J\u007f'],
      ],
    ),
    [
      'NAME                    X',
      'two\\nlines              tab\\t',
      '\\u001b[31mred\\u001b[0m  \\u009b2J\\u007f',
    ].join('\n'),
  )
  assert.equal(printable('plain “text” 🐚'), 'plain “text” 🐚')
})

test('sizes have one digit after the point, and the unit that keeps them below 1024', () => {
  const cases: readonly [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1_258_291, '1.2 MiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [1024 ** 3 - 1, '1.0 GiB'],
    [1024 ** 3, '1.0 GiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [3 * 1024 ** 5, '3072.0 TiB'],
  ]
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text)
})

test('durations have the unit that fits once they are rounded', () => {
  const cases: readonly [number, string][] = [
    [0, '0 ms'],
    [0.4, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [12_340, '12.3 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min'],
    [60_000, '1 min'],
    [59.4 * 60_000, '59 min'],
    [59.5 * 60_000, '1 h'],
    [23.6 * 3_600_000, '1 d'],
    [86_400_000 * 400, '400 d'],
  ]
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text)
})

test('times are told from now, in either direction', () => {
  const now = Date.parse('2026-01-05T10:00:00Z')
  assert.equal(formatAgo('2026-01-05T09:57:00Z', now), '3 min ago')
  assert.equal(formatAgo('2026-01-05T12:00:00Z', now), 'in 2 h')
  assert.equal(formatAgo('2026-01-05T10:00:00Z', now), '0 ms ago')
  assert.equal(formatAgo(null, now), '–')
})
