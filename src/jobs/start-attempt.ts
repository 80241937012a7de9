import { randomSecret, sha256, uuidv7 } from '../base/index.ts'
import type { Queryable } from '../database/index.ts'
import type { JobManifest } from './job-definition.ts'
import { runMoves } from './run-states.ts'
import { statesBefore } from './state-machine.ts'

/** An attempt that must be started now. */
export interface PlacedAttempt {
  readonly attemptId: string
  readonly runId: string
  readonly app: string
  readonly job: string
  readonly bundle: string
  readonly team: string
  readonly cpus: number
  readonly memoryBytes: number
  readonly timeoutMs: number
  /** The process's credential; only its hash is stored. */
  readonly token: string
}

/** Time for a process to start and claim its work. */
const startLeaseMs = 60_000

/** How long after its timeout an attempt may take to end before the scheduler calls it timed out itself. */
const timeoutGraceMs = 30_000

/** Makes a new attempt the current one of a waiting run. Null when another scheduler was first or the run waits no more. */
export async function startAttempt(
  queryable: Queryable,
  runId: string,
  { owner, now }: { owner: string; now: Date },
): Promise<PlacedAttempt | null> {
  const attemptId = uuidv7(now.getTime())
  const token = randomSecret()
  const rows = await queryable.query<{ app: string; job: string; bundle: string; manifest: JobManifest }>(
    `with started as (
       update run set state = 'running', attempt_id = $2, attempts = attempts + 1, retry_at = null,
         started_at = coalesce(started_at, $3)
       where id = $1 and state = any($4::text[])
       returning id, app, job, attempts),
     entered as (
       insert into attempt (id, run_id, number, state, bundle, owner, token_sha256, started_at, lease_until, deadline_at)
       select $2, started.id, started.attempts, 'starting', job.bundle, $5, $6, $3,
         $3::timestamptz + $7 * interval '1 millisecond',
         $3::timestamptz + ((job.manifest ->> 'timeoutMs')::float8 + $8) * interval '1 millisecond'
       from started join job on job.app = started.app and job.name = started.job)
     select job.app, job.name as job, job.bundle, job.manifest
     from started join job on job.app = started.app and job.name = started.job`,
    [
      runId,
      attemptId,
      now,
      statesBefore(runMoves, 'running'),
      owner,
      sha256(token),
      startLeaseMs,
      timeoutGraceMs,
    ],
  )
  const [row] = rows
  if (row === undefined) return null
  const { team, cpus, memoryBytes, timeoutMs } = row.manifest
  return {
    attemptId,
    runId,
    app: row.app,
    job: row.job,
    bundle: row.bundle,
    team,
    cpus,
    memoryBytes,
    timeoutMs,
    token,
  }
}
