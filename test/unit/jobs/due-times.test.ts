import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cron, every, nextDueTimes, type Trigger } from '../../../src/jobs/index.ts'
import { isTimeTrigger, lastDueAt, nextDueAt, type TimeTrigger } from '../../../src/jobs/due-times.ts'

const anchor = '2026-05-01T10:20:30Z'

function next(trigger: Trigger, after: string, count = 4): string[] {
  const times = nextDueTimes(trigger, count, Date.parse(after), Date.parse(anchor))
  return times.map((time) => new Date(time).toISOString().replace('.000Z', 'Z'))
}

const intervals: readonly {
  name: string
  interval: string
  timezone?: string
  after: string
  due: readonly string[]
}[] = [
  {
    name: 'finite: ends after its count, counted from its start',
    interval: 'R3/2026-01-01T00:00:00Z/PT1H',
    after: '2026-01-01T00:30:00Z',
    due: ['2026-01-01T01:00:00Z', '2026-01-01T02:00:00Z'],
  },
  { name: 'none at all', interval: 'R0/2026-01-01T00:00:00Z/PT1H', after: '2020-01-01T00:00:00Z', due: [] },
  {
    name: 'infinite',
    interval: 'R/2012-10-01T05:52:00Z/PT2S',
    after: '2026-01-01T00:00:00Z',
    due: ['2026-01-01T00:00:02Z', '2026-01-01T00:00:04Z', '2026-01-01T00:00:06Z', '2026-01-01T00:00:08Z'],
  },
  {
    name: 'empty start: from the first deploy',
    interval: 'R2//PT10M',
    after: '2026-05-01T10:20:29Z',
    due: ['2026-05-01T10:20:30Z', '2026-05-01T10:30:30Z'],
  },
  { name: 'P alone: once', interval: 'R1//P', after: '2026-05-01T10:20:29Z', due: ['2026-05-01T10:20:30Z'] },
  {
    name: 'an offset in the start is kept without a zone',
    interval: 'R2/2008-03-01T13:00:00-04:00/P1D',
    after: '2008-01-01T00:00:00Z',
    due: ['2008-03-01T17:00:00Z', '2008-03-02T17:00:00Z'],
  },
  {
    name: 'a zone keeps the wall clock and overrides the offset',
    interval: 'R2/2008-03-01T13:00:00-04:00/P1D',
    timezone: 'America/Los_Angeles',
    after: '2008-01-01T00:00:00Z',
    due: ['2008-03-01T21:00:00Z', '2008-03-02T21:00:00Z'],
  },
  {
    name: 'a date alone is midnight in the zone',
    interval: 'R1/2008-03-01/P1D',
    timezone: 'America/Los_Angeles',
    after: '2008-01-01T00:00:00Z',
    due: ['2008-03-01T08:00:00Z'],
  },
  {
    name: 'the basic format',
    interval: 'R1/20140101T000000Z/PT1M',
    after: '2013-12-31T00:00:00Z',
    due: ['2014-01-01T00:00:00Z'],
  },
  {
    name: 'P1D follows summer time',
    interval: 'R/2026-03-28T12:00:00/P1D',
    timezone: 'Europe/Paris',
    after: '2026-03-28T00:00:00Z',
    due: ['2026-03-28T11:00:00Z', '2026-03-29T10:00:00Z', '2026-03-30T10:00:00Z', '2026-03-31T10:00:00Z'],
  },
  {
    name: 'PT24H does not',
    interval: 'R/2026-03-28T12:00:00/PT24H',
    timezone: 'Europe/Paris',
    after: '2026-03-28T00:00:00Z',
    due: ['2026-03-28T11:00:00Z', '2026-03-29T11:00:00Z', '2026-03-30T11:00:00Z', '2026-03-31T11:00:00Z'],
  },
  {
    name: 'a month from the 31st does not wander',
    interval: 'R/2026-01-31T00:00:00Z/P1M',
    after: '2026-01-30T00:00:00Z',
    due: ['2026-01-31T00:00:00Z', '2026-02-28T00:00:00Z', '2026-03-31T00:00:00Z', '2026-04-30T00:00:00Z'],
  },
]

for (const { name, interval, timezone, after, due } of intervals) {
  test(`interval ${interval}: ${name}`, () => {
    assert.deepEqual(next(every(interval, timezone === undefined ? {} : { timezone }), after), due)
  })
}

test('cron follows summer time both ways', () => {
  const nightly = cron('30 2 * * *', { timezone: 'Europe/Paris' })
  assert.deepEqual(
    next(nightly, '2026-03-28T12:00:00Z', 2),
    ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
    'the hour that is skipped',
  )
  assert.deepEqual(
    next(nightly, '2026-10-24T12:00:00Z', 2),
    ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
    'the hour that comes twice: once',
  )
  const hourly = cron('0 * * * *', { timezone: 'Europe/Paris' })
  assert.deepEqual(next(hourly, '2026-10-24T23:30:00Z', 3), [
    '2026-10-25T00:00:00Z',
    '2026-10-25T01:00:00Z',
    '2026-10-25T02:00:00Z',
  ])
})

test('cron takes seconds and nicknames, and may never be due', () => {
  assert.deepEqual(next(cron('*/20 * * * * *'), '2026-01-01T00:00:00Z', 2), [
    '2026-01-01T00:00:20Z',
    '2026-01-01T00:00:40Z',
  ])
  assert.deepEqual(next(cron('@daily'), '2026-01-01T00:00:00Z', 1), ['2026-01-02T00:00:00Z'])
  assert.deepEqual(next(cron('0 0 30 2 *'), '2026-01-01T00:00:00Z'), [])
})

test('the last due time is the one that the next ones lead up to', () => {
  const start = Date.parse('2026-01-01T00:00:00Z')
  const hour = 3_600_000
  const cases: readonly [Trigger, number[]][] = [
    [cron('*/7 * * * *'), [1, 420_000, 10 * hour]],
    [every('R/2026-01-01T00:00:00Z/PT7M'), [1, 420_000, 10 * hour]],
    [every('R100/2026-01-01T00:00:00Z/P1D'), [24 * hour, 90 * 24 * hour, 400 * 24 * hour]],
  ]
  for (const [trigger, offsets] of cases) {
    assert.ok(isTimeTrigger(trigger))
    for (const offset of offsets) {
      const at = start + offset
      const expected: number | null =
        nextDueTimes(trigger, 200, start, start).findLast((time) => time <= at) ?? null
      assert.equal(
        lastDueAt(trigger, at, start, start),
        expected,
        `${JSON.stringify(trigger)} after ${offset} ms`,
      )
    }
  }
})

const wrong: readonly (readonly [TimeTrigger, RegExp])[] = [
  [
    { kind: 'cron', expression: '61 * * * *', timezone: 'UTC' },
    /cron text '61 \* \* \* \*' is wrong: .*minute: 61/,
  ],
  [{ kind: 'cron', expression: 'bla', timezone: 'UTC' }, /cron text 'bla' is wrong/],
  [{ kind: 'cron', expression: '', timezone: 'UTC' }, /cron text '' is wrong/],
  [{ kind: 'cron', expression: '0 0 1 1 * 2020 2020', timezone: 'UTC' }, /7 parts/],
  [
    { kind: 'cron', expression: '* * * * *', timezone: 'Mars/Olympus' },
    /time zone 'Mars\/Olympus' is unknown/,
  ],
  [{ kind: 'every', interval: 'R/2026-01-01T00:00:00Z/PT1H', timezone: 'PT' }, /time zone 'PT' is unknown/],
  [{ kind: 'every', interval: 'PT1H', timezone: 'UTC' }, /interval 'PT1H' is not of the form/],
  [{ kind: 'every', interval: 'R//', timezone: 'UTC' }, /not of the form/],
  [{ kind: 'every', interval: 'R/yesterday/PT1H', timezone: 'UTC' }, /starts at 'yesterday'/],
  [{ kind: 'every', interval: 'R//P1Q', timezone: 'UTC' }, /period 'P1Q'.*not an ISO 8601 duration/],
  [{ kind: 'every', interval: 'R//PT0.5S', timezone: 'UTC' }, /fractions of a second/],
  [{ kind: 'every', interval: 'R//PT0M', timezone: 'UTC' }, /zero/],
  [{ kind: 'every', interval: 'R//-PT1H', timezone: 'UTC' }, /not of the form/],
]

for (const [trigger, message] of wrong) {
  test(`wrong: ${JSON.stringify(trigger)}`, () => {
    assert.throws(() => nextDueAt(trigger, 0, 0), { code: 'NACRE_INPUT', message })
  })
}
