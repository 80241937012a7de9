import { NacreError, systemClock, type Clock } from '../base/index.ts'
import type { Queryable } from '../database/index.ts'
import { formatSize } from './attempt-exit.ts'
import { nextDueTimes } from './due-times.ts'
import type { JobManifest } from './job-definition.ts'
import type { JobInfo, RunInfo, RunState } from './job-views.ts'
import { listRuns, runsById } from './run-queries.ts'

/** A job with what its page shows beside it. */
export interface JobDetailInfo {
  readonly job: JobInfo
  /** Newest first, at most 50. */
  readonly runs: readonly RunInfo[]
  /** The next ten due times, ISO 8601; empty without a time trigger. */
  readonly nextDueAts: readonly string[]
  /** Jobs whose success or tables make this one due, and the reverse; as `app/job`. */
  readonly upstream: readonly string[]
  readonly downstream: readonly string[]
}

interface JobRow {
  readonly app: string
  readonly name: string
  readonly manifest: JobManifest
  readonly bundle: string
  readonly paused: boolean
  readonly next_due_at: Date | null
  readonly anchor_at: Date
  readonly due: number
  readonly due_since: Date | null
  readonly last_run: string | null
  readonly active_run: string | null
  readonly active_state: RunState | null
  readonly active_since: Date | null
  readonly retry_at: Date | null
}

/** All jobs of all apps, or of one, by name. */
export async function listJobs(
  queryable: Queryable,
  filter: { app?: string; job?: string } = {},
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<JobInfo[]> {
  return jobInfos(queryable, await selectJobs(queryable, filter), clock.now())
}

/** One job with its runs, next due times and neighbours. Throws NACRE_NOT_FOUND. */
export async function jobDetail(
  queryable: Queryable,
  app: string,
  name: string,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<JobDetailInfo> {
  const rows = await selectJobs(queryable, { app, job: name })
  const [row] = rows
  const [job] = await jobInfos(queryable, rows, clock.now())
  if (row === undefined || job === undefined)
    throw new NacreError(
      'NACRE_NOT_FOUND',
      `There is no job '${name}' in the app '${app}'; nacre jobs lists them.`,
    )
  const times = row.paused ? [] : nextDueTimes(row.manifest.trigger, 10, clock.now(), row.anchor_at.getTime())
  return {
    job,
    runs: await listRuns(queryable, { app, job: name, limit: 50 }),
    nextDueAts: times.map((time) => new Date(time).toISOString()),
    ...(await neighbours(queryable, app, row.manifest)),
  }
}

/** Jobs whose work waits for longer than it should, with the reason. */
export async function lateJobs(
  queryable: Queryable,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<{ app: string; job: string; since: string; why: string }[]> {
  const rows = (await selectJobs(queryable, {})).filter((row) => isLate(row, clock.now()))
  return rows.map((row) => ({
    app: row.app,
    job: row.name,
    since: waitingSince(row)!.toISOString(),
    why: waitingFor(row) ?? 'the scheduler has not taken it up',
  }))
}

async function jobInfos(queryable: Queryable, rows: readonly JobRow[], now: number): Promise<JobInfo[]> {
  const runs = await runsById(
    queryable,
    rows.flatMap(({ last_run }) => last_run ?? []),
  )
  return rows.map((row) => ({
    app: row.app,
    job: row.manifest,
    bundle: row.bundle,
    paused: row.paused,
    nextDueAt: row.next_due_at?.toISOString() ?? null,
    lastRun: (row.last_run === null ? undefined : runs.get(row.last_run)) ?? null,
    due: row.due,
    waitingFor: waitingFor(row),
    late: isLate(row, now),
  }))
}

function waitingFor(row: JobRow): string | null {
  const { manifest, active_state, active_run, retry_at } = row
  if (active_state === 'queued')
    return `waits for free capacity: ${manifest.cpus} cpu and ${formatSize(manifest.memoryBytes)} of memory`
  if (active_state === 'retrying') return `its run failed and is tried again at ${retry_at?.toISOString()}`
  if (row.due === 0) return null
  if (row.paused) return 'the job is paused'
  if (active_state === 'running') return `run ${active_run} is active; a job has one active run at a time`
  return 'the scheduler takes it up next'
}

/** Since when work waits that no process does. */
function waitingSince({ due, due_since, active_state, active_since }: JobRow): Date | null {
  if (active_state === 'queued') return active_since
  return due > 0 ? due_since : null
}

function isLate(row: JobRow, now: number): boolean {
  const since = waitingSince(row)
  return since !== null && !row.paused && now - since.getTime() > row.manifest.timeoutMs
}

function selectJobs(queryable: Queryable, filter: { app?: string; job?: string }): Promise<JobRow[]> {
  return queryable.query<JobRow>(
    `select job.app, job.name, job.manifest, job.bundle, job.paused, job.next_due_at, job.anchor_at,
       coalesce(due.count, 0) as due, due.since as due_since, last.id as last_run,
       active.id as active_run, active.state as active_state, active.queued_at as active_since, active.retry_at
     from job
     left join (
       select app, job, count(*)::int as count, min(marked_at) as since from due_mark group by app, job) due
       on due.app = job.app and due.job = job.name
     left join lateral (
       select id from run where run.app = job.app and run.job = job.name order by id desc limit 1) last on true
     left join run active on active.app = job.app and active.job = job.name
       and active.state in ('queued', 'running', 'retrying')
     where job.removed_at is null and ($1::text is null or job.app = $1) and ($2::text is null or job.name = $2)
     order by job.app, job.name`,
    [filter.app ?? null, filter.job ?? null],
  )
}

/** Who makes the job due, and whom it makes due. */
async function neighbours(
  queryable: Queryable,
  app: string,
  { name, writes }: JobManifest,
): Promise<{ upstream: string[]; downstream: string[] }> {
  const upstream = await queryable.query<{ name: string }>(
    `select distinct writer.app || '/' || writer.name as name
     from job_source source join job writer on writer.removed_at is null and (
       (source.kind = 'job' and source.name = writer.app || '/' || writer.name) or
       (source.kind = 'table' and exists (
         select from jsonb_each_text(writer.manifest -> 'writes') written where written.value = source.name)))
     where source.app = $1 and source.job = $2 order by 1`,
    [app, name],
  )
  const downstream = await queryable.query<{ name: string }>(
    `select distinct app || '/' || job as name from job_source
     where (kind = 'job' and name = $1) or (kind = 'table' and name = any($2::text[])) order by 1`,
    [`${app}/${name}`, Object.values(writes)],
  )
  return { upstream: upstream.map((row) => row.name), downstream: downstream.map((row) => row.name) }
}
