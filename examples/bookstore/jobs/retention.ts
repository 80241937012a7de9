import {
  checks,
  job,
  on,
  sql,
  table,
  type JobDefinition,
  type Sql,
  type TableDefinition,
  type TableRef,
} from 'nacre'
import { engagement } from './daily-engagement.ts'
import { readers } from './readers.ts'

export const retention: TableDefinition = table('metrics.retention', {
  columns: {
    cohort: { type: 'date', required: true, doc: 'Monday of the week in which they signed up.' },
    weeks_later: { type: 'int', doc: '0 is the week of signing up, of which each had only a part.' },
    country: 'string',
    platform: { type: 'string', doc: 'The one signed up on.' },
    readers: { type: 'long', doc: 'In the cohort.' },
    retained: { type: 'long', doc: 'Of them, those who read in that week.' },
  },
  key: ['cohort', 'weeks_later', 'country', 'platform'],
  team: 'growth',
  doc: 'Who still reads, week after week: a cell for each cohort and week that is over.',
})

/** Cohorts by week, as they were at the beginning of `today`. */
export function retentionOf(readers: TableRef, engagement: TableRef, today: Sql): Sql {
  return sql`
    with member as (
      select reader, coalesce(country, 'unknown') as country, platform,
        cast(date_trunc('week', signed_up_at) as date) as cohort
      from ${readers}
    ),
    active as (select distinct reader, cast(date_trunc('week', day) as date) as week from ${engagement}),
    week as (
      select cast(unnest(generate_series(min(cohort), ${today} - interval 7 day, interval 7 day)) as date) as week
      from member
    )
    select cohort, cast((week.week - cohort) / 7 as integer) as weeks_later, country, platform,
      count(*) as readers, count(active.reader) as retained
    from member
    join week on week.week >= cohort
    left join active on active.reader = member.reader and active.week = week.week
    group by all`
}

export const retentionJob: JobDefinition = job('retention', {
  owner: 'growth-team@bookstore.example',
  team: 'growth',
  doc: 'Weekly cohorts of readers and who of them still reads.',
  trigger: on(engagement, readers),
  reads: { readers, engagement },
  writes: { retention },
  resources: { memory: '384MiB' },
  checks: [checks.unique('cohort', 'weeks_later', 'country', 'platform')],
  async run({ reads, writes, dueAt }) {
    const today = sql`cast(${dueAt.slice(0, 10)} as date)`
    await writes.retention.replace(retentionOf(reads.readers, reads.engagement, today))
  },
})
