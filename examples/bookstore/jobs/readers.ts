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
import {
  reader,
  signedUp,
  subscriptionCancelled,
  subscriptionRenewed,
  subscriptionStarted,
  trialStarted,
} from '../events/accounts.ts'

export const readers: TableDefinition = table('accounts.readers', {
  columns: {
    reader: { type: 'string', required: true },
    country: 'string',
    platform: { type: 'string', doc: 'The one signed up on.' },
    channel: { type: 'string', doc: 'What brought them.' },
    plan: 'string',
    signed_up_at: 'timestamptz',
    trial_at: 'timestamptz',
    subscribed_at: { type: 'timestamptz', doc: 'For the first time.' },
    cancelled_at: { type: 'timestamptz', doc: 'Null for one who still subscribes, or came back.' },
    paid_cents: { type: 'long', doc: 'So far.' },
  },
  key: ['reader'],
  subject: 'reader',
  sortBy: ['reader'],
  team: 'growth',
  doc: 'One row for each account: what is known, and how far it came.',
})

interface AccountEvents {
  readonly traits: TableRef
  readonly signUps: TableRef
  readonly trials: TableRef
  readonly started: TableRef
  readonly renewed: TableRef
  readonly cancelled: TableRef
}

/** The newest value of each trait, the first sign-up, trial and payment, and the last cancellation if nothing followed it. */
export function readersOf({ traits, signUps, trials, started, renewed, cancelled }: AccountEvents): Sql {
  return sql`
    with trait as (
      select user_id as reader,
        arg_max(country, (ts, message_id)) filter (country is not null) as country,
        arg_max(plan, (ts, message_id)) filter (plan is not null) as plan
      from ${traits} group by all
    ),
    joined as (
      select user_id as reader, min(ts) as signed_up_at,
        arg_min(platform, (ts, message_id)) as platform, arg_min(channel, (ts, message_id)) as channel
      from ${signUps} group by all
    ),
    trial as (select user_id as reader, min(ts) as trial_at from ${trials} group by all),
    payment as (
      select distinct user_id as reader, message_id, ts, price_cents from ${started}
      union
      select user_id, message_id, ts, price_cents from ${renewed}
    ),
    paid as (
      select reader, min(ts) as subscribed_at, max(ts) as last_paid_at, sum(price_cents) as paid_cents
      from payment group by all
    ),
    ended as (select user_id as reader, max(ts) as ended_at from ${cancelled} group by all)
    select reader, country, platform, channel, plan, signed_up_at, trial_at, subscribed_at,
      case when ended_at > last_paid_at then ended_at end as cancelled_at, coalesce(paid_cents, 0) as paid_cents
    from joined
    left join trait using (reader)
    left join trial using (reader)
    left join paid using (reader)
    left join ended using (reader)`
}

export const readersJob: JobDefinition = job('readers', {
  owner: 'growth-team@bookstore.example',
  team: 'growth',
  doc: 'Gathers what accounts did into one row each.',
  trigger: on(
    reader.table,
    signedUp.table,
    trialStarted.table,
    subscriptionStarted.table,
    subscriptionRenewed.table,
    subscriptionCancelled.table,
  ),
  reads: {
    traits: reader.table,
    signUps: signedUp.table,
    trials: trialStarted.table,
    started: subscriptionStarted.table,
    renewed: subscriptionRenewed.table,
    cancelled: subscriptionCancelled.table,
  },
  writes: { readers },
  resources: { memory: '384MiB' },
  checks: [checks.unique('reader'), checks.notNull('signed_up_at'), checks.between('paid_cents', 0, 1e9)],
  async run({ reads, writes }) {
    await writes.readers.replace(readersOf(reads))
  },
})
