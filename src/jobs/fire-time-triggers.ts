import type { Database, Transaction } from '../database/index.ts'
import { describeTrigger } from './describe-trigger.ts'
import { isTimeTrigger, lastDueAt, nextDueAt, type TimeTrigger } from './due-times.ts'
import type { JobManifest } from './job-definition.ts'

/** How many missed slots of a job are recorded one by one after a long stop. */
const recordedSlots = 1000

interface ClockJob {
  readonly app: string
  readonly name: string
  readonly manifest: JobManifest
  readonly paused: boolean
  readonly next_due_at: Date
  readonly anchor_at: Date
}

/** What becomes of a due time. */
interface TimeSlot {
  readonly app: string
  readonly job: string
  readonly key: string
  readonly outcome: 'due' | 'missed' | 'skipped'
  readonly reason: string | null
  readonly cause: string
}

/**
 * Makes jobs due whose time has come. Of the times that passed while nothing looked only the latest runs; the others
 * are entered in the ledger as missed, those of a paused job as skipped. Returns how many jobs it moved on.
 */
export async function fireTimeTriggers(database: Database, now: Date, limit = 500): Promise<number> {
  return database.transaction(async (transaction) => {
    const jobs = await lockDueJobs(transaction, now, limit)
    const plans = jobs.map((job) => planTimes(job, now))
    if (plans.length === 0) return 0
    const slots = plans.flatMap((plan) => plan.slots)
    await enterPassedSlots(transaction, slots)
    await markTimeSlots(transaction, slots, now)
    await moveOn(transaction, plans)
    return plans.length
  })
}

/** Pure: the slots of a job from its next due time up to now, and its next due time after. */
export function planTimes(
  job: ClockJob,
  now: Date,
): { app: string; name: string; next: Date | null; slots: TimeSlot[] } {
  const { app, name, manifest, paused, next_due_at, anchor_at } = job
  if (!isTimeTrigger(manifest.trigger)) return { app, name, next: null, slots: [] }
  const anchorMs = anchor_at.getTime()
  const times = passedTimes(manifest.trigger, next_due_at.getTime(), now.getTime(), anchorMs)
  const cause = describeTrigger(manifest.trigger)
  const slots = times.map(({ time, standsFor }, index): TimeSlot => {
    const key = new Date(time).toISOString()
    const more =
      standsFor === null
        ? ''
        : `; this entry stands for all later ones until ${new Date(standsFor).toISOString()}`
    if (paused) return { app, job: name, key, cause, outcome: 'skipped', reason: `the job was paused${more}` }
    if (index === times.length - 1) return { app, job: name, key, cause, outcome: 'due', reason: null }
    return { app, job: name, key, cause, outcome: 'missed', reason: `no scheduler ran at that time${more}` }
  })
  const next = nextDueAt(manifest.trigger, now.getTime(), anchorMs)
  return { app, name, next: next === null ? null : new Date(next), slots }
}

/** Due times from `first` to `now`, the latest always among them; `standsFor` tells where a long row was cut. */
function passedTimes(
  trigger: TimeTrigger,
  first: number,
  now: number,
  anchorMs: number,
): { time: number; standsFor: number | null }[] {
  const times: { time: number; standsFor: number | null }[] = []
  for (
    let time: number | null = first;
    time !== null && time <= now;
    time = nextDueAt(trigger, time, anchorMs)
  ) {
    if (times.length < recordedSlots) {
      times.push({ time, standsFor: null })
      continue
    }
    const last = lastDueAt(trigger, now, time, anchorMs) ?? time
    times[times.length - 1] = { time: times.at(-1)!.time, standsFor: last }
    times.push({ time: last, standsFor: null })
    break
  }
  return times
}

function lockDueJobs(transaction: Transaction, now: Date, limit: number): Promise<ClockJob[]> {
  return transaction.query<ClockJob>(
    `select app, name, manifest, paused, next_due_at, anchor_at from job
     where next_due_at <= $1 and removed_at is null order by next_due_at limit $2 for update skip locked`,
    [now, limit],
  )
}

async function enterPassedSlots(transaction: Transaction, slots: readonly TimeSlot[]): Promise<void> {
  await transaction.query(
    `insert into slot (app, job, key, revision, due_at, outcome, reason)
     select app, job, key, 1, key::timestamptz, outcome, reason
     from jsonb_to_recordset($1::jsonb) as passed (app text, job text, key text, outcome text, reason text)
     where outcome <> 'due'
     on conflict do nothing`,
    [JSON.stringify(slots)],
  )
}

/** A due time that has its slot already stays as it is: a clock set back makes nothing run twice. */
async function markTimeSlots(transaction: Transaction, slots: readonly TimeSlot[], now: Date): Promise<void> {
  await transaction.query(
    `insert into due_mark (app, job, key, cause, marked_at)
     select app, job, key, cause, $2
     from jsonb_to_recordset($1::jsonb) as due (app text, job text, key text, cause text, outcome text)
     where outcome = 'due' and not exists (
       select from slot where slot.app = due.app and slot.job = due.job and slot.key = due.key)
     on conflict do nothing`,
    [JSON.stringify(slots), now],
  )
}

async function moveOn(
  transaction: Transaction,
  plans: readonly { app: string; name: string; next: Date | null }[],
): Promise<void> {
  await transaction.query(
    `update job set next_due_at = plan.next
     from jsonb_to_recordset($1::jsonb) as plan (app text, name text, next timestamptz)
     where job.app = plan.app and job.name = plan.name`,
    [JSON.stringify(plans.map(({ app, name, next }) => ({ app, name, next })))],
  )
}
