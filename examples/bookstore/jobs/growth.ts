import {
  after,
  checks,
  day,
  job,
  sql,
  table,
  type JobDefinition,
  type Sql,
  type TableDefinition,
  type TableRef,
} from 'nacre'
import { readers, readersJob } from './readers.ts'

export const growth: TableDefinition = table('metrics.growth', {
  columns: {
    day: { type: 'date', required: true },
    country: 'string',
    sign_ups: 'long',
    trials: { type: 'long', doc: 'Begun.' },
    conversions: { type: 'long', doc: 'First payments.' },
    cancellations: 'long',
    subscribers: { type: 'long', doc: 'At the end of the day.' },
  },
  partitionBy: [day('day')],
  key: ['day', 'country'],
  sortBy: ['country'],
  team: 'growth',
  doc: 'Accounts won and lost, by day and country; days without any are there too.',
})

export function growthOf(readers: TableRef, until: Sql): Sql {
  return sql`
    with moment as (
      select coalesce(country, 'unknown') as country, what, cast(happened_at as date) as day
      from (
        select country, signed_up_at as sign_ups, trial_at as trials, subscribed_at as conversions,
          cancelled_at as cancellations
        from ${readers}
      ) unpivot (happened_at for what in (sign_ups, trials, conversions, cancellations))
    ),
    calendar as (
      select cast(unnest(generate_series(min(day), greatest(max(day), ${until}), interval 1 day)) as date) as day
      from moment
    ),
    counted as (
      select day, country,
        count(*) filter (what = 'sign_ups') as sign_ups, count(*) filter (what = 'trials') as trials,
        count(*) filter (what = 'conversions') as conversions,
        count(*) filter (what = 'cancellations') as cancellations
      from calendar cross join (select distinct country from moment) left join moment using (day, country)
      group by all
    )
    select *, sum(conversions - cancellations) over (partition by country order by day) as subscribers
    from counted`
}

export const growthJob: JobDefinition = job('growth', {
  owner: 'growth-team@bookstore.example',
  team: 'growth',
  doc: 'Sign-ups, trials, conversions and cancellations, day by day.',
  trigger: after(readersJob),
  reads: { readers },
  writes: { growth },
  resources: { memory: '384MiB' },
  checks: [checks.unique('day', 'country'), checks.between('subscribers', 0, 1e9)],
  async run({ reads, writes, dueAt }) {
    await writes.growth.replace(growthOf(reads.readers, sql`cast(${dueAt.slice(0, 10)} as date)`))
  },
})
