import { NacreError, systemClock, type Clock } from '../base/index.ts'
import type { Database, Queryable } from '../database/index.ts'
import { isDay, utcDay } from './days.ts'
import { insertDueMarks } from './due-marks.ts'
import type { JobManifest } from './job-definition.ts'

interface JobState {
  readonly manifest: JobManifest
  readonly paused: boolean
  readonly removed: boolean
}

/**
 * Makes a job due because somebody asked; it runs as soon as its active run, if any, is over. Wake the scheduler afterwards.
 * @param request.days For a job with partitions: the days to redo; default: those that are due anyway, or else today.
 * @returns The days (or `['']` without partitions) that are due now on this request.
 * @throws NACRE_NOT_FOUND; NACRE_CONFLICT while the job is paused; NACRE_INPUT for days it cannot have.
 */
export async function requestRun(
  database: Database,
  request: { app: string; job: string; days?: readonly string[]; by: string },
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<string[]> {
  const { app, job, by } = request
  return database.transaction(async (transaction) => {
    const state = await findJob(transaction, app, job)
    if (state.paused)
      throw new NacreError('NACRE_CONFLICT', `Job '${job}' is paused, so it would not run. Resume it first.`)
    const keys =
      requestedKeys(state.manifest, request.days) ?? (await defaultDays(transaction, app, job, clock))
    const markedAt = new Date(clock.now())
    await insertDueMarks(
      transaction,
      keys.map((key) => ({ app, job, key, cause: `manual by ${by}`, markedAt })),
    )
    return keys
  })
}

/** Stops a job from running, or lets it run again; what becomes due meanwhile is kept. Wake the scheduler afterwards. Throws NACRE_NOT_FOUND. */
export async function setPaused(
  queryable: Queryable,
  job: { app: string; job: string; paused: boolean },
): Promise<void> {
  await findJob(queryable, job.app, job.job)
  await queryable.query('update job set paused = $3 where app = $1 and name = $2', [
    job.app,
    job.job,
    job.paused,
  ])
}

/** Null when the caller left the choice. */
function requestedKeys(
  { name, partitions }: JobManifest,
  days: readonly string[] | undefined,
): string[] | null {
  if (partitions === null) {
    if (days === undefined || days.length === 0) return ['']
    throw new NacreError('NACRE_INPUT', `Job '${name}' has no partitions; ask for a run without days.`)
  }
  const wrong = days?.find((day) => !isDay(day))
  if (wrong !== undefined)
    throw new NacreError('NACRE_INPUT', `'${wrong}' is not a day; write YYYY-MM-DD, such as '2026-01-31'.`)
  const early = days?.find((day) => day < partitions.from)
  if (early !== undefined)
    throw new NacreError(
      'NACRE_INPUT',
      `Job '${name}' begins on ${partitions.from}, so it cannot run for ${early}.`,
    )
  return days === undefined || days.length === 0 ? null : [...new Set(days)].toSorted()
}

async function defaultDays(queryable: Queryable, app: string, job: string, clock: Clock): Promise<string[]> {
  const due = await queryable.query<{ key: string }>(
    'select key from due_mark where app = $1 and job = $2 order by key',
    [app, job],
  )
  return due.length > 0 ? due.map(({ key }) => key) : [utcDay(clock.now())]
}

async function findJob(queryable: Queryable, app: string, job: string): Promise<JobState> {
  const [state] = await queryable.query<JobState>(
    'select manifest, paused, removed_at is not null as removed from job where app = $1 and name = $2',
    [app, job],
  )
  if (state === undefined || state.removed)
    throw new NacreError(
      'NACRE_NOT_FOUND',
      `There is no job '${job}' in the app '${app}'; nacre jobs lists them.`,
    )
  return state
}
