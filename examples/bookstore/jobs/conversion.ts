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
import { bookViewed } from '../events/reading.ts'
import { progress } from './reading-progress.ts'
import { readers } from './readers.ts'

export const conversion: TableDefinition = table('metrics.conversion', {
  columns: {
    funnel: { type: 'string', doc: 'books: a reader and a book. subscriptions: a reader.' },
    day: { type: 'date', doc: 'Of the first step.' },
    cohort: { type: 'date', doc: 'Monday of its week.' },
    settled: { type: 'boolean', doc: 'The week is over, and so is every trial begun in it.' },
    country: 'string',
    step: { type: 'int', doc: 'From 1.' },
    label: 'string',
    reached: { type: 'long', doc: 'How many came this far or farther.' },
  },
  key: ['funnel', 'day', 'country', 'step'],
  team: 'growth',
  doc: 'How many come from each step to the next.',
})

interface ConversionSources {
  readonly views: TableRef
  readonly progress: TableRef
  readonly readers: TableRef
}

/** Each way through a funnel that began, and how far it came, as it was at the beginning of `today`. A trial takes a week. */
export function conversionOf({ views, progress, readers }: ConversionSources, today: Sql): Sql {
  return sql`
    with viewed as (select user_id as reader, edition, min(ts) as viewed_at from ${views} group by all),
    way as (
      select 'books' as funnel, reader, cast(least(viewed_at, opened_at) as date) as day,
        case
          when times_finished > 0 then 5 when best_percent >= 50 then 4 when best_percent >= 10 then 3
          when opened_at is not null then 2 else 1
        end as reached
      from viewed full join ${progress} using (reader, edition)
      union all
      select 'subscriptions', reader, cast(signed_up_at as date),
        case when subscribed_at is not null then 3 when trial_at is not null then 2 else 1 end
      from ${readers}
    ),
    step (funnel, step, label) as (
      values ('books', 1, 'viewed'), ('books', 2, 'opened'), ('books', 3, 'read 10%'), ('books', 4, 'read 50%'),
        ('books', 5, 'finished'), ('subscriptions', 1, 'signed up'), ('subscriptions', 2, 'trial'),
        ('subscriptions', 3, 'subscribed')
    )
    select funnel, day, cast(date_trunc('week', day) as date) as cohort,
      date_trunc('week', day) + interval 15 day <= ${today} as settled,
      coalesce(country, 'unknown') as country, step, label,
      count(*) filter (reached >= step) as reached
    from way join step using (funnel) left join (select reader, country from ${readers}) using (reader)
    group by all`
}

export const conversionJob: JobDefinition = job('conversion', {
  owner: 'growth-team@bookstore.example',
  team: 'growth',
  doc: 'From seeing a book to finishing it, and from signing up to paying.',
  trigger: on(progress, readers),
  reads: { views: bookViewed.table, progress, readers },
  writes: { conversion },
  resources: { memory: '384MiB' },
  checks: [checks.unique('funnel', 'day', 'country', 'step')],
  async run({ reads, writes, dueAt }) {
    const today = sql`cast(${dueAt.slice(0, 10)} as date)`
    await writes.conversion.replace(conversionOf(reads, today))
  },
})
