import { NacreError, systemClock, type Clock, type ErrorJson } from '../base/index.ts'
import type { Queryable } from '../database/index.ts'
import type { AttemptInfo, RunInfo, RunState } from './job-views.ts'

/** Counts and runs of the front page. */
export interface RunsOverview {
  /** In the last 24 hours. */
  readonly succeeded: number
  readonly failed: number
  readonly running: readonly RunInfo[]
  /** Waiting for capacity or for their next attempt. */
  readonly queued: number
  /** Newest first, at most 10. */
  readonly recent: readonly RunInfo[]
  /** The last run of each job whose last ended run failed. */
  readonly broken: readonly RunInfo[]
}

/** Runs, newest first. */
export interface RunFilter {
  readonly app?: string
  readonly job?: string
  readonly state?: RunState
  /** Default 50. */
  readonly limit?: number
  /** Only runs older than the one with this id. */
  readonly before?: string
}

/** Runs that match, newest first. */
export async function listRuns(queryable: Queryable, filter: RunFilter = {}): Promise<RunInfo[]> {
  const rows = await queryable.query<{ id: string }>(
    `select id from run
     where ($1::text is null or app = $1) and ($2::text is null or job = $2)
       and ($3::text is null or state = $3) and ($4::text is null or id < $4)
     order by id desc limit $5`,
    [filter.app ?? null, filter.job ?? null, filter.state ?? null, filter.before ?? null, filter.limit ?? 50],
  )
  return runsInOrder(queryable, rows)
}

/** One run. Throws NACRE_NOT_FOUND. */
export async function findRun(queryable: Queryable, runId: string): Promise<RunInfo> {
  const run = (await runsById(queryable, [runId])).get(runId)
  if (run === undefined)
    throw new NacreError('NACRE_NOT_FOUND', `There is no run '${runId}'; nacre runs lists them.`)
  return run
}

/** What the front page shows of runs. */
export async function runsOverview(
  queryable: Queryable,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<RunsOverview> {
  const [counts] = await queryable.query<{ succeeded: number; failed: number; queued: number }>(
    `select
       (select count(*)::int from run where ended_at > $1 and state = 'succeeded') as succeeded,
       (select count(*)::int from run where ended_at > $1 and state = 'failed') as failed,
       (select count(*)::int from run where state in ('queued', 'retrying')) as queued`,
    [new Date(clock.now() - 86_400_000)],
  )
  return {
    ...counts!,
    running: await listRuns(queryable, { state: 'running' }),
    recent: await listRuns(queryable, { limit: 10 }),
    broken: await runsInOrder(queryable, await selectBroken(queryable)),
  }
}

function selectBroken(queryable: Queryable): Promise<{ id: string }[]> {
  return queryable.query(
    `select last.id from job
     cross join lateral (
       select id, state from run
       where run.app = job.app and run.job = job.name and state in ('succeeded', 'failed') order by id desc limit 1) last
     where job.removed_at is null and last.state = 'failed' order by last.id desc limit 50`,
  )
}

async function runsInOrder(queryable: Queryable, rows: readonly { id: string }[]): Promise<RunInfo[]> {
  const runs = await runsById(
    queryable,
    rows.map(({ id }) => id),
  )
  return rows.flatMap(({ id }) => runs.get(id) ?? [])
}

/** Runs by id, with their slots and attempts. */
export async function runsById(queryable: Queryable, ids: readonly string[]): Promise<Map<string, RunInfo>> {
  if (ids.length === 0) return new Map()
  const [runs, slots, attempts] = [
    await selectRuns(queryable, ids),
    Map.groupBy(await selectSlots(queryable, ids), ({ run_id }) => run_id),
    Map.groupBy(await selectAttempts(queryable, ids), ({ run_id }) => run_id),
  ]
  return new Map(
    runs.map((run) => [
      run.id,
      {
        id: run.id,
        app: run.app,
        job: run.job,
        team: run.team,
        state: run.state,
        slots: (slots.get(run.id) ?? []).map(({ key }) => key || run.due_at.toISOString()),
        cause: run.cause,
        queuedAt: run.queued_at.toISOString(),
        startedAt: run.started_at?.toISOString() ?? null,
        endedAt: run.ended_at?.toISOString() ?? null,
        retryAt: run.retry_at?.toISOString() ?? null,
        error: shortError(run.error),
        attempts: (attempts.get(run.id) ?? []).map(attemptInfo),
        outputs: run.outputs,
      },
    ]),
  )
}

interface RunRow {
  readonly id: string
  readonly app: string
  readonly job: string
  readonly team: string
  readonly state: RunState
  readonly cause: string
  readonly due_at: Date
  readonly queued_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
  readonly retry_at: Date | null
  readonly error: ErrorJson | null
  readonly outputs: Readonly<Record<string, string>>
}

function selectRuns(queryable: Queryable, ids: readonly string[]): Promise<RunRow[]> {
  return queryable.query<RunRow>('select * from run where id = any($1::text[])', [ids])
}

function selectSlots(
  queryable: Queryable,
  ids: readonly string[],
): Promise<{ run_id: string; key: string }[]> {
  return queryable.query('select run_id, key from slot where run_id = any($1::text[]) order by key', [ids])
}

interface AttemptRow {
  readonly id: string
  readonly run_id: string
  readonly number: number
  readonly state: AttemptInfo['state']
  readonly started_at: Date
  readonly ended_at: Date | null
  readonly error: ErrorJson | null
  readonly isolation: AttemptInfo['isolation']
  readonly peak_memory_bytes: bigint | null
  readonly cpu_ms: bigint | null
}

function selectAttempts(queryable: Queryable, ids: readonly string[]): Promise<AttemptRow[]> {
  return queryable.query<AttemptRow>('select * from attempt where run_id = any($1::text[]) order by number', [
    ids,
  ])
}

function attemptInfo(row: AttemptRow): AttemptInfo {
  return {
    id: row.id,
    number: row.number,
    state: row.state,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    error: shortError(row.error),
    isolation: row.isolation,
    peakMemoryBytes: row.peak_memory_bytes === null ? null : Number(row.peak_memory_bytes),
    cpuMs: row.cpu_ms === null ? null : Number(row.cpu_ms),
  }
}

function shortError(error: ErrorJson | null): { code: string; message: string } | null {
  return error === null ? null : { code: error.code, message: error.message }
}
