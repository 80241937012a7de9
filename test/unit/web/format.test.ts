import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunInfo } from '../../../src/server/contract.ts'
import { describeChange } from '../../../web/charts/describe-change.ts'
import {
  describeCause,
  describeDays,
  describeRun,
  describeTrigger,
} from '../../../web/format/describe-job.ts'
import {
  columnNumberFormat,
  formatBytes,
  formatMetric,
  formatNoun,
} from '../../../web/format/format-number.ts'
import { daysBetween, formatDuration, formatRelative } from '../../../web/format/format-time.ts'
import { valueText } from '../../../web/format/value-text.ts'

test('sizes carry binary units', () => {
  const cases = [0, 1, 1023, 1024, 1536, 1024 ** 2 * 46, 1024 ** 6].map(formatBytes)
  assert.deepEqual(cases, ['0 B', '1 B', '1,023 B', '1.0 KiB', '1.5 KiB', '46.0 MiB', '1,024 PiB'])
})

test('metrics follow their format', () => {
  assert.equal(formatMetric(1234.5, 'integer'), '1,235')
  assert.equal(formatMetric(0.3124, 'percent'), '31.2%')
  assert.equal(formatMetric(38.421, 'minutes'), '38.42 min')
  assert.equal(formatMetric(9.5, 'currency'), '$9.50')
  assert.equal(formatMetric(-0.126, undefined), '-0.13')
})

test('numbers of a column are rounded alike, by the largest of them', () => {
  const written = (values: readonly unknown[]): string[] =>
    values.filter((value) => typeof value === 'number').map(columnNumberFormat(values))
  assert.deepEqual(written([12, 1813, 1_234_567, null]), ['12', '1813', '1,234,567'])
  assert.deepEqual(written([21.6916667, 97, 1244.65963]), ['21.69', '97.00', '1244.66'])
  assert.deepEqual(written([0.522727273, 0.5]), ['0.523', '0.500'])
  assert.deepEqual(written([0.00012345, 0]), ['0.000123', '0.000000'])
  assert.deepEqual(written(['12', null]), [])
})

test('a change is told only where it says something', () => {
  assert.deepEqual(describeChange(120, 100, 'integer'), { direction: 'up', amount: '20%' })
  assert.deepEqual(describeChange(4.1, 8.2, 'decimal'), { direction: 'down', amount: '50%' })
  assert.deepEqual(describeChange(0.32, 0.3, 'percent'), { direction: 'up', amount: '2 points' })
  assert.equal(describeChange(100, 100, 'integer')?.direction, 'same')
  for (const before of [0, 1, 9]) assert.equal(describeChange(213, before, 'integer'), null)
  assert.equal(describeChange(2000, 100, 'integer'), null)
  assert.equal(describeChange(5, 0, 'minutes'), null)
})

test('a run says what it was for, and its days where it has any', () => {
  const run = (...slots: string[]) => ({ slots, cause: 'after also-read' }) as unknown as RunInfo
  assert.equal(describeRun(run('2026-11-23T06:44:31.123Z')), 'after also-read')
  assert.equal(describeRun(run('2026-11-23')), 'after also-read · 2026-11-23')
  assert.equal(describeCause({ ...run(), cause: 'every R//PT6H' }), 'every 6 h')
  assert.equal(describeCause({ ...run(), cause: 'cron 5 * * * *' }), 'hourly at :05')
  assert.equal(describeDays(run('2026-11-20', '2026-11-23')), '20 Nov to 23 Nov (2 days)')
})

test('counts agree with their noun', () => {
  assert.deepEqual(
    [formatNoun(1, 'run'), formatNoun(0, 'run'), formatNoun(2400, 'row')],
    ['1 run', '0 runs', '2,400 rows'],
  )
})

test('times are told from now, in both directions', () => {
  const now = Date.parse('2026-11-22T09:30:00Z')
  const told = (seconds: number): string => formatRelative(new Date(now + seconds * 1000).toISOString(), now)
  assert.deepEqual([-3, -42, -300, -7200, -86_400 * 3, 3, 900].map(told), [
    'just now',
    '42 s ago',
    '5 min ago',
    '2 h ago',
    '3 days ago',
    'in a moment',
    'in 15 min',
  ])
})

test('durations show two units at most', () => {
  const cases = [0, 42.4, 1400, 59_000, 60_000, 200_000, 7_500_000, 90_000_000].map(formatDuration)
  assert.deepEqual(cases, ['0 ms', '42 ms', '1.4 s', '59 s', '1 min', '3 min 20 s', '2 h 5 min', '1 d 1 h'])
})

test('days include both ends, over the change of clocks and of years', () => {
  assert.deepEqual(daysBetween('2026-12-31', '2027-01-01'), ['2026-12-31', '2027-01-01'])
  assert.equal(daysBetween('2026-03-01', '2026-03-31').length, 31)
  assert.deepEqual(daysBetween('2026-01-02', '2026-01-01'), [])
})

test('triggers are told in words, unusual ones as they were written', () => {
  const told = (trigger: Parameters<typeof describeTrigger>[0]['trigger']): string =>
    describeTrigger({ trigger } as Parameters<typeof describeTrigger>[0])
  const cron = (expression: string, timezone = 'UTC'): string => told({ kind: 'cron', expression, timezone })
  assert.equal(cron('5 * * * *'), 'hourly at :05')
  assert.equal(cron('55 8 * * *', 'Europe/Berlin'), 'daily at 08:55 (Europe/Berlin)')
  assert.equal(cron('0 9 * * 1'), 'Mondays at 09:00')
  assert.equal(cron('*/15 * * * *'), 'every 15 min')
  assert.equal(cron('0 9 1 * *'), 'cron 0 9 1 * *')
  assert.equal(cron('30 0 9 * * *'), 'cron 30 0 9 * * *')
  assert.equal(told({ kind: 'every', interval: 'R//PT10M', timezone: 'UTC' }), 'every 10 min')
  assert.equal(told({ kind: 'every', interval: 'R//PT1H30M', timezone: 'UTC' }), 'every R//PT1H30M')
  assert.equal(told({ kind: 'on', tables: ['a.b', 'a.c', 'a.d'] }), 'when a.b, a.c or 1 more changes')
})

test('any value of a row has a text', () => {
  assert.deepEqual(['a', 1.5, 2n, false, null, undefined, { a: [1] }].map(valueText), [
    'a',
    '1.5',
    '2',
    'false',
    '',
    '',
    '{"a":[1]}',
  ])
})
