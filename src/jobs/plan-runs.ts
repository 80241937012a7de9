import { uuidv7 } from '../base/index.ts'
import type { Database, Transaction } from '../database/index.ts'
import { dayMs, utcDay } from './days.ts'
import { deleteDueMarks, type DueMark } from './due-marks.ts'
import type { JobManifest } from './job-definition.ts'

/** Most marks of one job looked at together; no run takes more days. */
const marksPerJob = 400

interface JobWithMarks {
  readonly app: string
  readonly name: string
  readonly manifest: JobManifest
}

/** One run to make, and the slots that its marks become. */
export interface RunPlan {
  readonly runId: string
  readonly app: string
  readonly job: string
  readonly team: string
  readonly days: readonly string[]
  readonly cause: string
  readonly dueAt: Date
  readonly slots: readonly SlotPlan[]
}

interface SlotPlan {
  readonly key: string
  readonly dueAt: Date
  readonly outcome: 'ran' | 'skipped'
  readonly reason: string | null
}

/**
 * Turns due marks into queued runs, for jobs that are not paused and have no active run: slots and run come to be and the
 * marks go, in one transaction. Returns how many runs it made.
 */
export async function planRuns(database: Database, now: Date, limit = 200): Promise<number> {
  return database.transaction(async (transaction) => {
    const jobs = await lockIdleJobs(transaction, limit)
    if (jobs.length === 0) return 0
    const marks = Map.groupBy(await lockMarks(transaction, jobs), ({ app, job }) => `${app}/${job}`)
    const plans = jobs.flatMap((job) => {
      const own = marks.get(`${job.app}/${job.name}`)
      return own === undefined ? [] : [planRun(job, own, uuidv7(now.getTime()))]
    })
    const made = new Set(await insertRuns(transaction, plans, now))
    const kept = plans.filter(({ runId }) => made.has(runId))
    const slots = kept.flatMap((plan) => plan.slots.map((slot) => ({ ...plan, ...slot })))
    await insertSlots(transaction, slots)
    await deleteDueMarks(transaction, slots)
    return kept.length
  })
}

/**
 * Pure: which of a job's marks (sorted by key, at least one) the next run takes. Of several due times only the latest runs; of due days the oldest
 * `perRun`. A due time of a job with partitions means the last whole UTC day before it.
 */
export function planRun(
  { app, name, manifest }: JobWithMarks,
  marks: readonly DueMark[],
  runId: string,
): RunPlan {
  const first = marks[0]!
  const plan = { runId, app, job: name, team: manifest.team }
  if (isTime(first.key)) {
    const times = marks.filter(({ key }) => isTime(key))
    const latest = times.at(-1)!
    const dueAt = new Date(latest.key)
    const days = manifest.partitions === null ? [] : [utcDay(dueAt.getTime() - dayMs)]
    return { ...plan, days, cause: latest.cause, dueAt, slots: times.map((mark) => timeSlot(mark, latest)) }
  }
  const taken = marks.filter(({ key }) => !isTime(key)).slice(0, manifest.partitions?.perRun)
  return {
    ...plan,
    days: manifest.partitions === null ? [] : taken.map(({ key, markedAt }) => key || utcDay(markedAt)),
    cause: [...new Set(taken.map(({ cause }) => cause))].join(', '),
    dueAt: new Date(Math.min(...taken.map(({ markedAt }) => markedAt.getTime()))),
    slots: taken.map(({ key, markedAt }) => ({ key, dueAt: markedAt, outcome: 'ran', reason: null })),
  }
}

const isTime = (key: string): boolean => key.includes('T')

function timeSlot(mark: DueMark, latest: DueMark): SlotPlan {
  const dueAt = new Date(mark.key)
  return mark === latest
    ? { key: mark.key, dueAt, outcome: 'ran', reason: null }
    : {
        key: mark.key,
        dueAt,
        outcome: 'skipped',
        reason: `a run was still active; ${latest.key} stands for it`,
      }
}

/** Jobs with marks and without an active run, longest waiting first. */
function lockIdleJobs(transaction: Transaction, limit: number): Promise<JobWithMarks[]> {
  return transaction.query<JobWithMarks>(
    `select job.app, job.name, job.manifest
     from (select app, job, min(marked_at) as since from due_mark group by app, job) due
     join job on job.app = due.app and job.name = due.job
     where not job.paused and job.removed_at is null and not exists (
       select from run where run.app = job.app and run.job = job.name and run.state in ('queued', 'running', 'retrying'))
     order by due.since limit $1 for update of job skip locked`,
    [limit],
  )
}

/** Marks that a commit still open has touched are left for the next time: its rows are not visible yet. */
function lockMarks(transaction: Transaction, jobs: readonly JobWithMarks[]): Promise<DueMark[]> {
  return transaction.query<DueMark>(
    `select mark.app, mark.job, mark.key, mark.cause, mark.marked_at as "markedAt"
     from jsonb_to_recordset($1::jsonb) as wanted (app text, name text)
     cross join lateral (
       select * from due_mark where due_mark.app = wanted.app and due_mark.job = wanted.name
       order by key limit ${marksPerJob} for update skip locked) mark
     order by mark.app, mark.job, mark.key`,
    [JSON.stringify(jobs.map(({ app, name }) => ({ app, name })))],
  )
}

/** The index run_active lets at most one active run of a job come to be, whoever plans at the same time. */
async function insertRuns(transaction: Transaction, plans: readonly RunPlan[], now: Date): Promise<string[]> {
  const rows = await transaction.query<{ id: string }>(
    `insert into run (id, app, job, team, state, days, cause, due_at, queued_at)
     select "runId", app, job, team, 'queued', days, cause, "dueAt", $2
     from jsonb_to_recordset($1::jsonb)
       as plan ("runId" text, app text, job text, team text, days jsonb, cause text, "dueAt" timestamptz)
     on conflict (app, job) where state in ('queued', 'running', 'retrying') do nothing
     returning id`,
    [JSON.stringify(plans), now],
  )
  return rows.map(({ id }) => id)
}

async function insertSlots(
  transaction: Transaction,
  slots: readonly (SlotPlan & { app: string; job: string; runId: string })[],
): Promise<void> {
  await transaction.query(
    `insert into slot (app, job, key, revision, due_at, outcome, reason, run_id)
     select new.app, new.job, new.key,
       1 + coalesce((select max(revision) from slot old where old.app = new.app and old.job = new.job and old.key = new.key), 0),
       new."dueAt", new.outcome, new.reason, case when new.outcome = 'ran' then new."runId" end
     from jsonb_to_recordset($1::jsonb)
       as new (app text, job text, key text, "dueAt" timestamptz, outcome text, reason text, "runId" text)`,
    [JSON.stringify(slots)],
  )
}
