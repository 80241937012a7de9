import { isDeepStrictEqual } from 'node:util'
import { systemClock, type Clock } from '../base/index.ts'
import type { Transaction } from '../database/index.ts'
import { utcDay } from './days.ts'
import { insertDueMarks, type DueMark } from './due-marks.ts'
import { describeTrigger } from './describe-trigger.ts'
import { isTimeTrigger, nextDueAt } from './due-times.ts'
import type { JobManifest } from './job-definition.ts'
import { keysFor } from './mark-due.ts'

/** A deploy of an app, as far as its jobs are concerned. */
export interface AppRegistration {
  readonly app: string
  /** The bundle's hash; attempts that start from now on run it. */
  readonly bundle: string
  /** All jobs of the app: one that is not among them any more is removed. */
  readonly manifests: readonly JobManifest[]
  /**
   * Tables that hold rows already, with the days they hold (none for a table without day partitions): a job that newly listens to
   * one is made due for the days it has not run yet.
   */
  readonly existingDays?: Readonly<Record<string, readonly string[]>>
}

/**
 * Makes the scheduler's jobs those of the app. State (paused, what is due, history) survives; a changed trigger is planned anew from
 * now on. Wake the scheduler after the transaction. Returns what changed, in words.
 */
export async function registerApp(
  transaction: Transaction,
  { app, bundle, manifests, existingDays = {} }: AppRegistration,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<string[]> {
  const now = clock.now()
  const known = new Map((await lockJobs(transaction, app)).map((row) => [row.name, row]))
  const changes: string[] = []
  for (const manifest of manifests) {
    const before = known.get(manifest.name)
    known.delete(manifest.name)
    const isNew = before === undefined || before.removed_at !== null
    const isTriggerNew = isNew || !sameTrigger(before.manifest, manifest)
    if (isNew) changes.push(`added job ${manifest.name}: ${describeTrigger(manifest.trigger)}`)
    else if (isTriggerNew)
      changes.push(
        `changed when job ${manifest.name} is due: ${describeTrigger(before.manifest.trigger)} → ${describeTrigger(manifest.trigger)}`,
      )
    else if (!isDeepStrictEqual(before.manifest, manifest)) changes.push(`changed job ${manifest.name}`)

    await upsertJob(transaction, { app, bundle, manifest })
    if (!isTriggerNew) continue
    await replaceSources(transaction, app, manifest)
    await resetSchedule(transaction, app, manifest, now)
    await insertDueMarks(transaction, await unrunMarks(transaction, app, manifest, existingDays, now))
  }
  for (const { name, removed_at } of known.values()) {
    if (removed_at !== null) continue
    changes.push(`removed job ${name}; its history stays`)
    await removeJob(transaction, app, name, new Date(now))
  }
  return changes
}

function sameTrigger(left: JobManifest, right: JobManifest): boolean {
  return isDeepStrictEqual([left.trigger, left.partitions], [right.trigger, right.partitions])
}

interface JobRow {
  readonly name: string
  readonly manifest: JobManifest
  readonly removed_at: Date | null
}

function lockJobs(transaction: Transaction, app: string): Promise<JobRow[]> {
  return transaction.query<JobRow>(
    'select name, manifest, removed_at from job where app = $1 order by name for update',
    [app],
  )
}

async function upsertJob(
  transaction: Transaction,
  { app, bundle, manifest }: { app: string; bundle: string; manifest: JobManifest },
): Promise<void> {
  await transaction.query(
    `insert into job (app, name, manifest, bundle, anchor_at) values ($1, $2, $3, $4, now())
     on conflict (app, name) do update set manifest = excluded.manifest, bundle = excluded.bundle, removed_at = null`,
    [app, manifest.name, JSON.stringify(manifest), bundle],
  )
}

async function replaceSources(
  transaction: Transaction,
  app: string,
  { name, trigger }: JobManifest,
): Promise<void> {
  const sources =
    trigger.kind === 'on'
      ? trigger.tables.map((table) => ['table', table])
      : trigger.kind === 'after'
        ? trigger.jobs.map((job) => ['job', `${app}/${job}`])
        : []
  await transaction.query('delete from job_source where app = $1 and job = $2', [app, name])
  await transaction.query('delete from parent_success where app = $1 and job = $2', [app, name])
  for (const [kind, source] of sources) {
    await transaction.query(
      'insert into job_source (app, job, kind, name) values ($1, $2, $3, $4) on conflict do nothing',
      [app, name, kind!, source!],
    )
  }
}

async function resetSchedule(
  transaction: Transaction,
  app: string,
  { name, trigger }: JobManifest,
  now: number,
): Promise<void> {
  // A slot at this very instant counts: `R1//P` is once, now.
  const next = isTimeTrigger(trigger) ? nextDueAt(trigger, now - 1, now) : null
  await transaction.query('update job set anchor_at = $3, next_due_at = $4 where app = $1 and name = $2', [
    app,
    name,
    new Date(now),
    next === null ? null : new Date(next),
  ])
}

/** Marks for what the tables a job listens to hold already and the job has never taken. */
async function unrunMarks(
  transaction: Transaction,
  app: string,
  { name, trigger, partitions }: JobManifest,
  existingDays: Readonly<Record<string, readonly string[]>>,
  now: number,
): Promise<DueMark[]> {
  if (trigger.kind !== 'on') return []
  const marks = trigger.tables.flatMap((table) => {
    const days = existingDays[table]
    if (days === undefined) return []
    const keys = keysFor(partitions?.from ?? null, days.length === 0 ? [utcDay(now)] : days)
    return keys.map((key): DueMark => ({
      app,
      job: name,
      key,
      cause: `rows in ${table}`,
      markedAt: new Date(now),
    }))
  })
  const ran = new Set(await ranKeys(transaction, app, name))
  return marks.filter(({ key }) => !ran.has(key))
}

async function ranKeys(transaction: Transaction, app: string, job: string): Promise<string[]> {
  const rows = await transaction.query<{ key: string }>(
    "select distinct key from slot where app = $1 and job = $2 and outcome = 'ran'",
    [app, job],
  )
  return rows.map(({ key }) => key)
}

/** A removed job is never due again; a run of it that waits is killed, one that runs may end. */
async function removeJob(transaction: Transaction, app: string, name: string, now: Date): Promise<void> {
  for (const table of ['due_mark', 'parent_success', 'job_source'])
    await transaction.query(`delete from ${table} where app = $1 and job = $2`, [app, name])
  await transaction.query('update job set removed_at = $3, next_due_at = null where app = $1 and name = $2', [
    app,
    name,
    now,
  ])
  await transaction.query(
    `update run set state = 'killed', ended_at = $3, retry_at = null, error = $4
     where app = $1 and job = $2 and state in ('queued', 'retrying')`,
    [
      app,
      name,
      now,
      JSON.stringify({
        code: 'NACRE_CANCELLED',
        message: `Job '${name}' was removed from the app '${app}'.`,
      }),
    ],
  )
}
