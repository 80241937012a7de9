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
import { sessions } from './reading-sessions.ts'
import { activeTime, clocks, coverage } from './reading-state.ts'

export const engagement: TableDefinition = table('metrics.engagement', {
  columns: {
    day: { type: 'date', required: true },
    reader: 'string',
    platform: 'string',
    minutes: 'double',
    pages: { type: 'double', doc: 'Of 1,024 code points; what was read twice on the day counts once.' },
    sessions: { type: 'long', doc: 'Begun on this day and platform.' },
  },
  partitionBy: [day('day')],
  key: ['day', 'reader', 'platform'],
  sortBy: ['reader'],
  team: 'product',
  doc: 'How much each reader read, by day and platform. All numbers of engagement are counted from here.',
})

interface Reading {
  readonly activeTime: TableRef
  readonly clocks: TableRef
  readonly coverage: TableRef
  readonly sessions: TableRef
}

const codePointsPerPage = 1024

export function engagementOf({ activeTime, clocks, coverage, sessions }: Reading, where: Sql): Sql {
  const times = sql`
    select { day: day, reader: reader, platform: platform } as key, lo, hi
    from (${inTrueTime(activeTime, clocks)}) where ${where}`
  const ranges = sql`
    select { day: day, reader: reader, platform: platform, edition: edition, epoch: epoch } as key,
      from_position as lo, to_position as hi
    from ${coverage} join (select distinct device, platform from ${activeTime} where ${where}) using (device)
    where ${where}`
  return sql`
    with spent as (
      select key.*, sum(hi - lo) / 60000 as minutes from (${mergeRanges(times)}) group by all
    ),
    covered as (
      select key.day, key.reader, key.platform, sum(hi - lo) / ${codePointsPerPage} as pages
      from (${mergeRanges(ranges)}) group by all
    ),
    begun as (select day, reader, platform, count(*) as sessions from ${sessions} where ${where} group by all)
    select day, reader, platform, minutes, coalesce(pages, 0) as pages, coalesce(sessions, 0) as sessions
    from spent
    left join covered using (day, reader, platform)
    left join begun using (day, reader, platform)`
}

export const dailyEngagement: JobDefinition = job('daily-engagement', {
  owner: 'product@bookstore.example',
  team: 'product',
  doc: 'How much each reader read, by day and platform.',
  trigger: on(sessions),
  partitions: day({ from: '2026-01-01', perRun: 366 }),
  reads: { activeTime, clocks, coverage, sessions },
  writes: { engagement },
  resources: { memory: '384MiB' },
  checks: [checks.unique('day', 'reader', 'platform'), checks.between('minutes', 0, 1440)],
  async run({ reads, writes, partition }) {
    await writes.engagement.overwrite(partition, engagementOf(reads, partition.where('day')))
  },
})
