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
import { mergeRanges } from '../sql/merge-ranges.ts'
import { inTrueTime } from '../sql/true-time.ts'
import { daysAround } from './days-around.ts'
import { activeTime, clocks } from './reading-state.ts'

export const sessions: TableDefinition = table('reading.sessions', {
  columns: {
    day: { type: 'date', required: true, doc: 'On which it began.' },
    reader: 'string',
    started_at: 'timestamptz',
    ended_at: 'timestamptz',
    minutes: { type: 'double', doc: 'Of reading, without the pauses.' },
    platform: { type: 'string', doc: 'The one it began on.' },
    editions: { type: 'long', doc: 'How many books were read.' },
  },
  partitionBy: [day('day')],
  key: ['reader', 'started_at'],
  subject: 'reader',
  sortBy: ['reader', 'started_at'],
  team: 'reader',
  doc: 'Reading without a pause of more than half an hour, on whichever devices.',
})

const pauseMs = 30 * 60_000

/**
 * @param within Which days of active time to look at.
 * @param of Which days' sessions to give.
 */
export function sessionsOf(activeTime: TableRef, clocks: TableRef, within: Sql, of: Sql): Sql {
  return sql`
    with active as (select * from (${inTrueTime(activeTime, clocks)}) where ${within}),
    session as (
      select key.reader, lo as starts, hi as ends
      from (${mergeRanges(sql`select { reader: reader } as key, lo, hi from active`, pauseMs)})
    ),
    part as (
      select session.*, edition, platform, lo, hi
      from session join active on active.reader = session.reader and lo between starts and ends
    ),
    busy as (
      select key.*, sum(hi - lo) / 60000 as minutes
      from (${mergeRanges(sql`select { reader: reader, starts: starts } as key, lo, hi from part`)})
      group by all
    ),
    result as (
      select cast(make_timestamp(starts * 1000) as date) as day, reader,
        make_timestamp(starts * 1000) as started_at, make_timestamp(ends * 1000) as ended_at,
        minutes, arg_min(platform, (lo, platform)) as platform, count(distinct edition) as editions
      from part join busy using (reader, starts)
      group by all
    )
    select * from result where ${of}`
}

export const readingSessions: JobDefinition = job('reading-sessions', {
  owner: 'reader-team@bookstore.example',
  team: 'reader',
  doc: 'Finds reading sessions. One may cross midnight, so the days beside the touched ones are told anew as well.',
  trigger: on(activeTime),
  partitions: day({ from: '2026-01-01', perRun: 366 }),
  reads: { activeTime, clocks },
  writes: { sessions },
  resources: { memory: '384MiB' },
  checks: [checks.unique('reader', 'started_at'), checks.between('minutes', 0, 1440)],
  async run({ reads, writes, partition }) {
    const told = daysAround(partition, 1)
    const seen = daysAround(partition, 2)
    await writes.sessions.overwrite(
      told,
      sessionsOf(reads.activeTime, reads.clocks, seen.where('day'), told.where('day')),
    )
  },
})
