import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { sql } from 'nacre'
import {
  bookFinished,
  bookOpened,
  positionSet,
  readingSpan,
} from '../../../examples/bookstore/events/reading.ts'
import { catalogueBooks } from '../../../examples/bookstore/jobs/catalogue.ts'
import { daysAround } from '../../../examples/bookstore/jobs/days-around.ts'
import { progressOf } from '../../../examples/bookstore/jobs/reading-progress.ts'
import { sessions, sessionsOf } from '../../../examples/bookstore/jobs/reading-sessions.ts'
import {
  activeTime,
  activeTimeOf,
  clocks,
  clocksOf,
  coverage,
  coverageOf,
  milestones,
  milestonesOf,
  positions,
  positionsOf,
} from '../../../examples/bookstore/jobs/reading-state.ts'
import { openSqlTables, type SqlTables } from '../../support/sql-tables.ts'

const minute = 60_000
const day = 86_400_000
const startMs = Date.parse('2026-03-01T00:00:00Z')
const codePoints = 100

/** What is added to a device's clock to get the true time. */
const skews: Readonly<Record<string, number>> = { phone: -3 * minute, tablet: 400 * day }

/** A few readers, books and devices in four days, so that facts meet. */
interface Fact {
  readonly id: number
  readonly kind: 'span' | 'move' | 'open' | 'finish'
  readonly reader: string
  readonly edition: string
  readonly epoch: number
  readonly device: string
  /** True minute, since the first day began, at which it ended. */
  readonly at: number
  readonly minutes: number
  readonly from: number
  /** At most 0: nobody can have read it. */
  readonly length: number
}

const facts: fc.Arbitrary<Fact[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom<Fact['kind'][]>('span', 'span', 'span', 'move', 'open', 'finish'),
      reader: fc.constantFrom('ann', 'bob'),
      edition: fc.constantFrom('emma', 'dracula'),
      epoch: fc.constantFrom(0, 1),
      device: fc.constantFrom('phone', 'tablet'),
      at: fc.integer({ min: 1, max: 4 * 24 * 60 - 1 }),
      minutes: fc.integer({ min: 1, max: 50 }),
      from: fc.integer({ min: 0, max: 90 }),
      length: fc.integer({ min: -3, max: 30 }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((list) => list.map((fact, id) => ({ id, ...fact })))

/** Facts as they arrive: some twice, in any order, in batches. */
const arrivals: fc.Arbitrary<Fact[][]> = facts.chain((list) =>
  fc
    .tuple(
      fc.shuffledSubarray([...list, ...list], { minLength: list.length }),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([some, parts]) => {
      const missing = list.filter((fact) => !some.includes(fact))
      const all = [...some, ...missing]
      return Array.from({ length: parts }, (_, index) =>
        all.filter((_fact, place) => place % parts === index),
      ).filter((batch) => batch.length > 0)
    }),
)

const dayOf = (fact: Fact): string => new Date(startMs + fact.at * minute).toISOString().slice(0, 10)
const deviceMs = (fact: Fact): number => startMs + fact.at * minute - skews[fact.device]!

function eventRow(fact: Fact): object {
  return {
    message_id: `m${fact.id}`,
    ts: new Date(startMs + fact.at * minute).toISOString(),
    device_ts: new Date(deviceMs(fact)).toISOString(),
    skew_ms: skews[fact.device],
    user_id: fact.reader,
    edition: fact.edition,
    epoch: fact.epoch,
    device: fact.device,
    platform: fact.device,
    device_seq: fact.id,
    span_id: `m${fact.id}`,
    from_position: fact.from,
    to_position: fact.from + fact.length,
    position: fact.from,
    started_ms: deviceMs(fact) - fact.minutes * minute,
    ended_ms: deviceMs(fact),
  }
}

const eventTables = {
  span: readingSpan.table,
  move: positionSet.table,
  open: bookOpened.table,
  finish: bookFinished.table,
}
const books = ['emma', 'dracula'].map((edition) => ({ edition, code_points: codePoints }))

let tables: SqlTables
before(async () => {
  tables = await openSqlTables([
    ...Object.values(eventTables),
    coverage,
    activeTime,
    clocks,
    positions,
    milestones,
    sessions,
    catalogueBooks,
  ])
  await tables.fill(catalogueBooks, books)
})
after(() => tables[Symbol.dispose]())

async function empty(): Promise<void> {
  for (const table of [coverage, activeTime, clocks, positions, milestones, sessions])
    await tables.fill(table, [])
}

/** Lands all facts so far and does what the jobs do for these days. */
async function tell(landed: readonly Fact[], days: readonly string[]): Promise<void> {
  for (const [kind, table] of Object.entries(eventTables)) {
    await tables.fill(table, landed.filter((fact) => fact.kind === kind).map(eventRow))
  }
  const { span, move, open, finish } = eventTables
  const where = sql`cast(ts as date) in (select cast(unnest(from_json(${JSON.stringify(days)}, '["DATE"]')) as date))`
  await tables.overwrite(coverage, days, coverageOf(span, where))
  await tables.overwrite(activeTime, days, activeTimeOf(span, where))
  await tables.overwrite(clocks, days, clocksOf(span, move, where))
  await tables.overwrite(positions, days, positionsOf(span, move, where))
  await tables.overwrite(milestones, days, milestonesOf(open, finish, where))

  const told = daysAround({ days, where: () => where }, 1)
  const seen = daysAround({ days, where: () => where }, 2)
  const select = sessionsOf(activeTime, clocks, seen.where('day'), told.where('day'))
  await tables.overwrite(sessions, told.days, select)
}

interface Progress {
  reader: string
  edition: string
  epoch: number
  percent: number
  best_percent: number
  minutes: number
  furthest_position: number
  resume_position: number | null
  resume_device: string | null
  times_finished: number
}

async function progressRows(): Promise<Progress[]> {
  return await tables.rows<Progress>(sql`
    select reader, edition, cast(epoch as integer) as epoch, cast(percent as double) as percent,
      cast(best_percent as double) as best_percent, cast(minutes as double) as minutes,
      cast(furthest_position as integer) as furthest_position, cast(resume_position as integer) as resume_position,
      resume_device, cast(times_finished as integer) as times_finished
    from (${progressOf({ coverage, activeTime, clocks, positions, milestones, books: catalogueBooks })})
    order by reader, edition`)
}

/** The same, one position and one minute at a time. */
function progressByHand(all: readonly Fact[]): Progress[] {
  const counted = all.filter(({ kind, length }) => kind !== 'span' || length > 0)
  const through = (fact: Fact): string => `${fact.reader} ${fact.edition}`
  return Object.values(Object.groupBy(counted, through))
    .map((group) => {
      const epochs = Object.values(Object.groupBy(group!, ({ epoch }) => epoch)).map((some) =>
        readThrough(some!),
      )
      const newest = epochs.reduce((a, b) => (a.epoch > b.epoch ? a : b))
      return {
        ...newest,
        best_percent: Math.max(...epochs.map(({ percent }) => percent)),
        times_finished: epochs.reduce((sum, { times_finished }) => sum + times_finished, 0),
      }
    })
    .sort((a, b) => (through(a as never) < through(b as never) ? -1 : 1))
}

function readThrough(some: readonly Fact[]): Progress {
  const { reader, edition, epoch } = some[0]!
  const spans = some.filter(({ kind }) => kind === 'span')
  const places = new Set(spans.flatMap(({ from, length }) => count(from, from + length)))
  const inText = [...places].filter((place) => place < codePoints)
  const minutes = new Set(spans.flatMap(({ at, minutes: long }) => count(at - long, at)))
  const lastOfDevice = Object.values(
    Object.groupBy(
      some.filter(({ kind }) => kind === 'span' || kind === 'move'),
      ({ device }) => device,
    ),
  ).map((own) => own!.reduce((a, b) => (a.id > b.id ? a : b)))
  const last = lastOfDevice.reduce<Fact | null>(
    (a, b) => (a === null || b.at > a.at || (b.at === a.at && b.device > a.device) ? b : a),
    null,
  )
  return {
    reader,
    edition,
    epoch,
    percent: (100 * inText.length) / codePoints,
    best_percent: 0,
    minutes: minutes.size,
    furthest_position:
      spans.length === 0
        ? 0
        : Math.max(...spans.map(({ from, length }) => Math.min(from + length, codePoints))),
    resume_position: last && (last.kind === 'span' ? last.from + last.length : last.from),
    resume_device: last && last.device,
    times_finished: some.some(({ kind }) => kind === 'finish') ? 1 : 0,
  }
}

const count = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

interface Session {
  reader: string
  start: number
  end: number
  minutes: number
  platform: string
  editions: number
}

async function sessionRows(): Promise<Session[]> {
  return await tables.rows<Session>(sql`
    select reader, cast((epoch_ms(started_at) - ${startMs}) / 60000 as integer) as start,
      cast((epoch_ms(ended_at) - ${startMs}) / 60000 as integer) as "end", minutes, platform,
      cast(editions as integer) as editions
    from ${sessions} order by reader, start`)
}

/** Joins what lies within half an hour, until nothing more does. */
function sessionsByHand(all: readonly Fact[]): Session[] {
  const spans = all.filter(({ kind, length }) => kind === 'span' && length > 0)
  const groups: Fact[][] = []
  for (const span of spans) {
    const near = groups.filter((group) =>
      group.some((other) => other.reader === span.reader && apart(other, span) <= 30),
    )
    for (const group of near) groups.splice(groups.indexOf(group), 1)
    groups.push([...near.flat(), span])
  }
  return groups
    .map((group) => {
      const begin = (fact: Fact): number => fact.at - fact.minutes
      const start = Math.min(...group.map(begin))
      return {
        reader: group[0]!.reader,
        start,
        end: Math.max(...group.map(({ at }) => at)),
        minutes: new Set(group.flatMap((fact) => count(begin(fact), fact.at))).size,
        platform: group
          .filter((fact) => begin(fact) === start)
          .map(({ device }) => device)
          .sort()[0]!,
        editions: new Set(group.map(({ edition }) => edition)).size,
      }
    })
    .sort((a, b) => (a.reader === b.reader ? a.start - b.start : a.reader < b.reader ? -1 : 1))
}

const apart = (a: Fact, b: Fact): number => Math.max(a.at - a.minutes - b.at, b.at - b.minutes - a.at)

test('progress and sessions are those of the set of facts, whatever comes late, twice or out of order', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async (batches) => {
      await empty()
      const landed: Fact[] = []
      for (const batch of batches) {
        landed.push(...batch)
        await tell(landed, [...new Set(batch.map(dayOf))])
      }
      const distinct = [...new Set(landed)]
      assert.deepEqual(await progressRows(), progressByHand(distinct))
      assert.deepEqual(await sessionRows(), sessionsByHand(distinct))
    }),
    { numRuns: 25 },
  )
})
