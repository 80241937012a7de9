import type { ErrorJson } from '../base/index.ts'
import type { Queryable } from '../database/index.ts'
import type { Waiting } from './fair-share.ts'
import type { RunState } from './job-views.ts'
import { runMoves } from './run-states.ts'
import { statesBefore } from './state-machine.ts'

/** How many waiting runs of one team are looked at together. */
const perTeam = 50

/** Runs that may start now, of every team the oldest. */
export async function waitingRuns(queryable: Queryable, now: Date): Promise<(Waiting & { id: string })[]> {
  const rows = await queryable.query<{
    id: string
    team: string
    queued_at: Date
    cpus: number
    memory: number
  }>(
    `select waiting.id, waiting.team, waiting.queued_at,
       (job.manifest ->> 'cpus')::float8 as cpus, (job.manifest ->> 'memoryBytes')::float8 as memory
     from (
       select *, row_number() over (partition by team order by queued_at, id) as place from run
       where state = 'queued' or (state = 'retrying' and retry_at <= $1)) waiting
     join job on job.app = waiting.app and job.name = waiting.job
     where place <= ${perTeam} order by waiting.queued_at, waiting.id`,
    [now],
  )
  return rows.map(({ id, team, queued_at, cpus, memory }) => ({
    id,
    team,
    cpus,
    memoryBytes: memory,
    since: queued_at.getTime(),
  }))
}

/** Attempts that fell silent or outlived their timeout. */
export function expiredAttempts(
  queryable: Queryable,
  now: Date,
): Promise<{ id: string; timedOut: boolean }[]> {
  return queryable.query(
    `select id, deadline_at < $1 as "timedOut" from attempt
     where state in ('starting', 'running') and (lease_until < $1 or deadline_at < $1)`,
    [now],
  )
}

/** Attempts that a scheduler of this name left behind. */
export function leftAttempts(queryable: Queryable, owner: string): Promise<{ id: string }[]> {
  return queryable.query("select id from attempt where state in ('starting', 'running') and owner = $1", [
    owner,
  ])
}

/** When something becomes due, may be retried or expires next, without anybody's call. */
export async function nextWakeAt(queryable: Queryable, now: Date): Promise<Date | null> {
  const [row] = await queryable.query<{ at: Date | null }>(
    `select least(
       (select min(next_due_at) from job where next_due_at is not null),
       (select min(retry_at) from run where state = 'retrying' and retry_at > $1),
       (select min(lease_until) from attempt where state in ('starting', 'running'))) as at`,
    [now],
  )
  return row?.at ?? null
}

/** A run's state, or null when there is no such run. */
export async function findRunState(queryable: Queryable, runId: string): Promise<RunState | null> {
  const [row] = await queryable.query<{ state: RunState }>('select state from run where id = $1', [runId])
  return row?.state ?? null
}

/** Kills a run that is not over. Returns its last attempt, null when it had none, undefined when it was over. */
export async function killRunRow(
  queryable: Queryable,
  runId: string,
  { now, error }: { now: Date; error: ErrorJson },
): Promise<string | null | undefined> {
  const [row] = await queryable.query<{ attempt_id: string | null }>(
    `update run set state = 'killed', ended_at = $2, retry_at = null, error = $3
     where id = $1 and state = any($4::text[]) returning attempt_id`,
    [runId, now, JSON.stringify(error), statesBefore(runMoves, 'killed')],
  )
  return row?.attempt_id
}
