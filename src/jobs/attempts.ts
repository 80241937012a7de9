import { NacreError, sha256, systemClock, type Clock, type ErrorJson } from '../base/index.ts'
import type { Database, Queryable, Transaction } from '../database/index.ts'
import { endAttempt, moveAttempt } from './attempt-end.ts'
import type { AttemptAssignment, HeartbeatReply } from './attempt-protocol.ts'
import { utcDay } from './days.ts'
import { insertDueMarks, type DueMark } from './due-marks.ts'
import type { JobManifest } from './job-definition.ts'
import type { AttemptState } from './job-views.ts'
import { findListeners, keysFor } from './mark-due.ts'
import { runMoves } from './run-states.ts'
import { statesBefore } from './state-machine.ts'

/** How long an attempt stays alive without a heartbeat. */
export const leaseMs = 60_000

/** What the token of an attempt stands for. */
export interface AttemptIdentity {
  readonly attemptId: string
  readonly runId: string
  readonly app: string
  readonly bundle: string
  readonly job: JobManifest
}

/** Who calls with this token. Throws NACRE_NOT_SIGNED_IN when it is not the attempt's; says nothing of whether the attempt is still current. */
export async function authenticateAttempt(
  queryable: Queryable,
  attemptId: string,
  token: string,
): Promise<AttemptIdentity> {
  const [row] = await queryable.query<AttemptIdentity>(
    `select attempt.id as "attemptId", run.id as "runId", run.app, attempt.bundle, job.manifest as job
     from attempt join run on run.id = attempt.run_id join job on job.app = run.app and job.name = run.job
     where attempt.id = $1 and attempt.token_sha256 = $2`,
    [attemptId, sha256(token)],
  )
  if (row === undefined)
    throw new NacreError('NACRE_NOT_SIGNED_IN', `The token does not belong to attempt '${attemptId}'.`)
  return row
}

/**
 * The process takes its work; to be pinned to snapshots only after this, so that it sees every commit that made it due. May be
 * called again by the same process. Throws NACRE_STALE_ATTEMPT.
 */
export async function claimAttempt(
  queryable: Queryable,
  attemptId: string,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<Omit<AttemptAssignment, 'reads' | 'writes' | 'storage'>> {
  const [row] = await queryable.query<Omit<AttemptAssignment, 'dueAt'> & { dueAt: Date }>(
    `update attempt set state = 'running', lease_until = $2
     from run join job on job.app = run.app and job.name = run.job
     where attempt.id = $1 and run.attempt_id = $1 and attempt.state in ('starting', 'running')
     returning attempt.id as "attemptId", run.id as "runId", attempt.number as attempt, run.app, attempt.bundle,
       job.manifest as job, run.days, run.due_at as "dueAt"`,
    [attemptId, leaseEnd(clock)],
  )
  if (row === undefined) throw stale(attemptId)
  return { ...row, dueAt: row.dueAt.toISOString(), leaseMs }
}

/** Keeps an attempt alive and tells it whether to go on. Throws NACRE_STALE_ATTEMPT once it is over, unless it was ended from here. */
export async function heartbeat(
  queryable: Queryable,
  attemptId: string,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<HeartbeatReply> {
  const [row] = await queryable.query<{ state: AttemptState }>(
    `update attempt set lease_until = case when state = 'running' then $2 else lease_until end where id = $1 returning state`,
    [attemptId, leaseEnd(clock)],
  )
  if (row?.state === 'running') return { cancel: null }
  if (row?.state === 'killed' || row?.state === 'timed-out') return { cancel: row.state }
  throw stale(attemptId)
}

/**
 * Ends an attempt and its run with success; to be called inside the transaction that commits its tables (or one of its own when it
 * commits none), so that what it wrote becomes visible only if it is still the current attempt. Wake the scheduler afterwards.
 * Throws NACRE_STALE_ATTEMPT, also when it has succeeded before: see {@link completedOutputs}.
 * @param result.outputs Committed snapshots by table.
 */
export async function finishAttempt(
  transaction: Transaction,
  attemptId: string,
  result: { outputs: Readonly<Record<string, string>> },
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<void> {
  const now = new Date(clock.now())
  const [run] = await transaction.query<FinishedRun>(
    `update run set state = 'succeeded', ended_at = $2, outputs = $3, error = null, losses = 0
     where attempt_id = $1 and state = any($4::text[]) returning app, job, days`,
    [attemptId, now, JSON.stringify(result.outputs), statesBefore(runMoves, 'succeeded')],
  )
  if (run === undefined || !(await moveAttempt(transaction, attemptId, 'succeeded', { now })))
    throw stale(attemptId)
  await markChildren(transaction, run, now)
}

/** The outputs of an attempt that has succeeded, else null: what to answer when `complete` is called again. */
export async function completedOutputs(
  queryable: Queryable,
  attemptId: string,
): Promise<Readonly<Record<string, string>> | null> {
  const [row] = await queryable.query<{ outputs: Readonly<Record<string, string>> }>(
    `select run.outputs from attempt join run on run.id = attempt.run_id where attempt.id = $1 and attempt.state = 'succeeded'`,
    [attemptId],
  )
  return row?.outputs ?? null
}

/** The process reports that its job failed. Does nothing when the attempt is over already. */
export async function failAttempt(
  database: Database,
  attemptId: string,
  error: ErrorJson,
  { clock = systemClock, ...effects }: { clock?: Clock; random?: () => number } = {},
): Promise<void> {
  await database.transaction((transaction) =>
    endAttempt(transaction, attemptId, { state: 'failed', error }, { clock, ...effects }),
  )
}

interface FinishedRun {
  readonly app: string
  readonly job: string
  readonly days: readonly string[]
}

/** Makes jobs due that come after this one: those of whose parents all have succeeded since they were last due. */
async function markChildren(
  transaction: Transaction,
  { app, job, days }: FinishedRun,
  now: Date,
): Promise<void> {
  const children = await findListeners(transaction, 'job', [`${app}/${job}`])
  if (children.length === 0) return
  await lockJobs(transaction, children)
  const touched = days.length > 0 ? days : [utcDay(now)]
  const successes = children.flatMap((child) =>
    keysFor(child.from, touched).map((key) => ({
      app: child.app,
      job: child.job,
      key,
      parent: child.source,
    })),
  )
  if (successes.length === 0) return
  await enterSuccesses(transaction, successes)
  const complete = await takeComplete(transaction, successes)
  await insertDueMarks(
    transaction,
    complete.map((mark): DueMark => ({ ...mark, cause: `after ${job}`, markedAt: now })),
  )
}

/** Parents that end at the same moment must see each other's success. */
async function lockJobs(
  transaction: Transaction,
  jobs: readonly { app: string; job: string }[],
): Promise<void> {
  await transaction.query(
    `select from job join jsonb_to_recordset($1::jsonb) as wanted (app text, job text)
       on job.app = wanted.app and job.name = wanted.job
     order by job.app, job.name for update of job`,
    [JSON.stringify(jobs)],
  )
}

type ParentSuccess = Pick<DueMark, 'app' | 'job' | 'key'> & { readonly parent: string }

async function enterSuccesses(transaction: Transaction, successes: readonly ParentSuccess[]): Promise<void> {
  await transaction.query(
    `insert into parent_success (app, job, key, parent)
     select app, job, key, parent from jsonb_to_recordset($1::jsonb) as new (app text, job text, key text, parent text)
     order by app, job, key on conflict do nothing`,
    [JSON.stringify(successes)],
  )
}

/** Removes the successes of which none is missing any more, and tells whose they were. */
async function takeComplete(
  transaction: Transaction,
  successes: readonly ParentSuccess[],
): Promise<Pick<DueMark, 'app' | 'job' | 'key'>[]> {
  return transaction.query(
    `with complete as (
       select seen.app, seen.job, seen.key
       from parent_success seen
       join jsonb_to_recordset($1::jsonb) as new (app text, job text, key text)
         on seen.app = new.app and seen.job = new.job and seen.key = new.key
       group by seen.app, seen.job, seen.key
       having count(*) = (select count(*) from job_source source
         where source.app = seen.app and source.job = seen.job and source.kind = 'job')),
     taken as (
       delete from parent_success using complete
       where parent_success.app = complete.app and parent_success.job = complete.job and parent_success.key = complete.key)
     select app, job, key from complete`,
    [JSON.stringify(successes)],
  )
}

function leaseEnd(clock: Clock): Date {
  return new Date(clock.now() + leaseMs)
}

function stale(attemptId: string): NacreError {
  return new NacreError(
    'NACRE_STALE_ATTEMPT',
    `Attempt '${attemptId}' is no longer the current one of its run; it must stop and nothing it wrote is published.`,
  )
}
