import {
  checks,
  day,
  job,
  on,
  sql,
  table,
  type JobDefinition,
  type Sql,
  type TableDefinition,
  type TableRef,
} from 'nacre'
import { bookFinished, bookOpened, positionSet, readingSpan } from '../events/reading.ts'
import { mergeRanges } from '../sql/merge-ranges.ts'

/**
 * What reading leaves behind, as state that only ever joins: sets of ranges united, the least time, the last by a total
 * order. Facts may come late, twice and in any order; a day's state is a function of the set of its facts alone, and the
 * state of all days is the union of the days. Nothing is summed here: sums are taken by those who read.
 */
const dayColumn = {
  type: 'date',
  required: true,
  doc: 'Of the facts, corrected for the device clock.',
} as const
const readThrough = { reader: 'string', edition: 'string', epoch: 'long' } as const
const common = { partitionBy: [day('day')], team: 'reader', sortBy: ['reader', 'edition'] }

export const coverage: TableDefinition = table('reading.coverage', {
  ...common,
  columns: {
    day: dayColumn,
    ...readThrough,
    device: 'string',
    device_hour: { type: 'long', doc: "Hours since 1970 on the device's clock." },
    from_position: 'long',
    to_position: 'long',
  },
  subject: 'reader',
  doc: 'Which stretches of a text were read: disjoint ranges.',
})

export const activeTime: TableDefinition = table('reading.active_time', {
  ...common,
  columns: {
    day: dayColumn,
    ...readThrough,
    device: 'string',
    platform: 'string',
    from_ms: { type: 'long', doc: "On the device's clock." },
    to_ms: 'long',
  },
  subject: 'reader',
  doc: 'When reading went on: disjoint ranges of device time.',
})

export const clocks: TableDefinition = table('reading.clocks', {
  ...common,
  columns: { day: dayColumn, device: 'string', skew_ms: { type: 'long', doc: 'Add it to device time.' } },
  key: ['day', 'device'],
  sortBy: ['device'],
  doc: 'How far device clocks are behind.',
})

export const positions: TableDefinition = table('reading.positions', {
  ...common,
  columns: {
    day: dayColumn,
    ...readThrough,
    device: 'string',
    device_seq: 'long',
    position: 'long',
    at_ms: { type: 'long', doc: "On the device's clock." },
  },
  key: ['day', 'reader', 'edition', 'epoch', 'device'],
  subject: 'reader',
  doc: 'Where each device stood last: the one with the highest device_seq holds.',
})

export const milestones: TableDefinition = table('reading.milestones', {
  ...common,
  columns: { day: dayColumn, ...readThrough, opened_at: 'timestamptz', finished_at: 'timestamptz' },
  key: ['day', 'reader', 'edition', 'epoch'],
  subject: 'reader',
  doc: 'When a book was first opened and first finished.',
})

/** Spans that a person can have read: forward, within a day, and not faster than 12,000 code points a minute. */
const plausible = sql`
  to_position > from_position
  and ended_ms - started_ms between 5 * (to_position - from_position) and 86400000`

export function coverageOf(spans: TableRef, where: Sql): Sql {
  const ranges = sql`
    select {
      day: cast(ts as date), reader: user_id, edition: edition, epoch: epoch,
      device: device, device_hour: cast(floor(started_ms / 3600000) as bigint)
    } as key, from_position as lo, to_position as hi
    from ${spans} where ${where} and ${plausible}`
  return sql`select key.*, lo as from_position, hi as to_position from (${mergeRanges(ranges)})`
}

export function activeTimeOf(spans: TableRef, where: Sql): Sql {
  const ranges = sql`
    select {
      day: cast(ts as date), reader: user_id, edition: edition, epoch: epoch, device: device, platform: platform
    } as key, started_ms as lo, ended_ms as hi
    from ${spans} where ${where} and ${plausible}`
  return sql`select key.*, lo as from_ms, hi as to_ms from (${mergeRanges(ranges)})`
}

export function clocksOf(spans: TableRef, moves: TableRef, where: Sql): Sql {
  return sql`
    select cast(ts as date) as day, device, coalesce(min(skew_ms), 0) as skew_ms
    from (
      select ts, device, skew_ms from ${spans} where ${where}
      union all
      select ts, device, skew_ms from ${moves} where ${where}
    )
    group by all`
}

export function positionsOf(spans: TableRef, moves: TableRef, where: Sql): Sql {
  return sql`
    select day, reader, edition, epoch, device, last.device_seq, last.position, last.at_ms
    from (
      select cast(ts as date) as day, user_id as reader, edition, epoch, device,
        max({ device_seq: device_seq, position: position, at_ms: at_ms }) as last
      from (
        select ts, user_id, edition, epoch, device, device_seq, to_position as position, ended_ms as at_ms
        from ${spans} where ${where} and ${plausible}
        union all
        select ts, user_id, edition, epoch, device, device_seq, position, epoch_ms(device_ts) as at_ms
        from ${moves} where ${where}
      )
      group by all
    )`
}

export function milestonesOf(opened: TableRef, finished: TableRef, where: Sql): Sql {
  return sql`
    select cast(ts as date) as day, user_id as reader, edition, epoch,
      min(ts) filter (not finished) as opened_at, min(ts) filter (finished) as finished_at
    from (
      select ts, user_id, edition, epoch, false as finished from ${opened} where ${where}
      union all
      select ts, user_id, edition, epoch, true as finished from ${finished} where ${where}
    )
    group by all`
}

export const readingState: JobDefinition = job('reading-state', {
  owner: 'reader-team@bookstore.example',
  team: 'reader',
  doc: 'Turns facts of reading into state that only joins. A late fact makes just its day due again.',
  trigger: on(readingSpan.table, positionSet.table, bookOpened.table, bookFinished.table),
  partitions: day({ from: '2026-01-01', perRun: 366 }),
  reads: {
    spans: readingSpan.table,
    moves: positionSet.table,
    opened: bookOpened.table,
    finished: bookFinished.table,
  },
  writes: { coverage, activeTime, clocks, positions, milestones },
  resources: { memory: '512MiB' },
  checks: [
    ...checks.of('clocks', checks.unique('day', 'device')),
    ...checks.of('positions', checks.unique('day', 'reader', 'edition', 'epoch', 'device')),
    ...checks.of('milestones', checks.unique('day', 'reader', 'edition', 'epoch')),
  ],
  async run({ reads: { spans, moves, opened, finished }, writes, partition, log }) {
    const where = partition.where('ts')
    await writes.coverage.overwrite(partition, coverageOf(spans, where))
    await writes.activeTime.overwrite(partition, activeTimeOf(spans, where))
    await writes.clocks.overwrite(partition, clocksOf(spans, moves, where))
    await writes.positions.overwrite(partition, positionsOf(spans, moves, where))
    await writes.milestones.overwrite(partition, milestonesOf(opened, finished, where))
    log.info(`Rewrote the reading state of ${partition.days.length} days.`)
  },
})
