import type { Clock, ErrorJson } from '../base/index.ts'
import type { Queryable, Transaction } from '../database/index.ts'
import { attemptMoves } from './attempt-states.ts'
import { decideRetry, maxLosses, type RetryDecision } from './decide-retry.ts'
import type { JobManifest } from './job-definition.ts'
import type { AttemptState, RunState } from './job-views.ts'
import { runMoves } from './run-states.ts'
import { statesBefore } from './state-machine.ts'

/** An end that is not a success. */
export type BadEnd = 'failed' | 'timed-out' | 'out-of-memory' | 'lost'

interface RunOfAttempt {
  readonly id: string
  readonly state: RunState
  readonly failures: number
  readonly losses: number
  readonly manifest: JobManifest
  readonly removed: boolean
}

/**
 * Ends an attempt badly and decides what becomes of its run: another attempt later, or failed. Does nothing, and returns false,
 * when the attempt is over already.
 */
export async function endAttempt(
  transaction: Transaction,
  attemptId: string,
  end: { state: BadEnd; error: ErrorJson },
  { clock, random }: { clock: Clock; random?: () => number },
): Promise<boolean> {
  const now = clock.now()
  // Everywhere the run is locked before its attempt, so that no two transactions wait for each other.
  const run = await lockRunOf(transaction, attemptId)
  if (!(await moveAttempt(transaction, attemptId, end.state, { now: new Date(now), error: end.error })))
    return false
  if (run?.state !== 'running') {
    await explainRun(transaction, attemptId, end.error)
    return true
  }
  const decision = run.removed
    ? { failures: run.failures, losses: run.losses, retryInMs: null }
    : decideRetry(run, end.state, run.manifest.retries, random === undefined ? {} : { random })
  await settleRun(transaction, run.id, decision, givenUp(end, decision), now)
  return true
}

/** Moves an attempt to a final state if the table of moves allows it; tells whether it did. */
export async function moveAttempt(
  queryable: Queryable,
  attemptId: string,
  to: AttemptState,
  { now, error = null }: { now: Date; error?: ErrorJson | null },
): Promise<boolean> {
  const moved = await queryable.query(
    'update attempt set state = $2, ended_at = coalesce(ended_at, $3), error = $4 where id = $1 and state = any($5::text[]) returning id',
    [attemptId, to, now, error === null ? null : JSON.stringify(error), statesBefore(attemptMoves, to)],
  )
  return moved.length > 0
}

/** The run whose current attempt this is. */
async function lockRunOf(transaction: Transaction, attemptId: string): Promise<RunOfAttempt | null> {
  const rows = await transaction.query<RunOfAttempt>(
    `select run.id, run.state, run.failures, run.losses, job.manifest, job.removed_at is not null as removed
     from run join job on job.app = run.app and job.name = run.job
     where run.attempt_id = $1 for update of run`,
    [attemptId],
  )
  return rows[0] ?? null
}

/** The run was settled by what the process told; now the reason is known better. */
async function explainRun(transaction: Transaction, attemptId: string, error: ErrorJson): Promise<void> {
  await transaction.query(
    "update run set error = $2 where attempt_id = $1 and state in ('retrying', 'failed')",
    [attemptId, JSON.stringify(error)],
  )
}

async function settleRun(
  transaction: Transaction,
  runId: string,
  { failures, losses, retryInMs }: RetryDecision,
  error: ErrorJson,
  now: number,
): Promise<void> {
  const to = retryInMs === null ? 'failed' : 'retrying'
  await transaction.query(
    `update run set state = $2, failures = $3, losses = $4, error = $5, retry_at = $6, ended_at = $7
     where id = $1 and state = any($8::text[])`,
    [
      runId,
      to,
      failures,
      losses,
      JSON.stringify(error),
      retryInMs === null ? null : new Date(now + retryInMs),
      retryInMs === null ? new Date(now) : null,
      statesBefore(runMoves, to),
    ],
  )
}

function givenUp(
  { state, error }: { state: BadEnd; error: ErrorJson },
  { retryInMs }: RetryDecision,
): ErrorJson {
  if (state !== 'lost' || retryInMs !== null) return error
  return {
    ...error,
    message: `${error.message} This happened ${maxLosses} times in a row, so the run was given up; see nacre doctor.`,
  }
}
