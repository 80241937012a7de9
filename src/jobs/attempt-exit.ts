import type { Clock, ErrorJson } from '../base/index.ts'
import type { Database, Queryable, Transaction } from '../database/index.ts'
import { endAttempt, type BadEnd } from './attempt-end.ts'
import type { ProcessEnd } from './attempt-launcher.ts'
import type { JobManifest } from './job-definition.ts'

/**
 * Enters how an attempt's process ended. An attempt that has told its own end keeps it; only what it used is added.
 * Returns the words for its log when this end decided the attempt.
 */
export async function enterAttemptExit(
  database: Database,
  exit: ProcessEnd,
  effects: { clock: Clock; random?: () => number },
): Promise<string | null> {
  return database.transaction(async (transaction) => {
    await enterUsage(transaction, exit)
    const job = await jobOfAttempt(transaction, exit.attemptId)
    if (job === null) return null
    const end = explainExit(exit, job)
    return (await endAttempt(transaction, exit.attemptId, end, effects)) ? end.error.message : null
  })
}

/** Pure: the state and the words for a process that ended before it told its result. */
export function explainExit(exit: ProcessEnd, job: JobManifest): { state: BadEnd; error: ErrorJson } {
  const details = { exitCode: exit.exitCode, signal: exit.signal }
  const because = exit.tail.trim() === '' ? 'It wrote nothing.' : `Its last output:\n${exit.tail.trim()}`
  switch (exit.cause) {
    case 'out-of-memory':
      return {
        state: 'out-of-memory',
        error: {
          code: 'NACRE_JOB_FAILED',
          message: `Job '${job.name}' needed more than its declared memory of ${formatSize(job.memoryBytes)} and was ended. Raise resources.memory, or work on less at a time.`,
          details: { ...details, memoryBytes: job.memoryBytes },
        },
      }
    case 'timed-out':
      return {
        state: 'timed-out',
        error: {
          code: 'NACRE_TIMEOUT',
          message: `Job '${job.name}' took longer than its timeout of ${formatDuration(job.timeoutMs)} and was ended. Raise timeout, or find out what it waited for in its log.`,
          details: { ...details, timeoutMs: job.timeoutMs },
        },
      }
    case 'exited':
      return {
        state: 'failed',
        error: {
          code: 'NACRE_JOB_FAILED',
          message: `The process of job '${job.name}' ended with ${exit.signal === null ? `exit code ${exit.exitCode}` : `signal ${exit.signal}`} before it told its result. ${because}`,
          details,
        },
      }
    case 'stopped':
      return lost(`The process of job '${job.name}' was stopped together with Nacre.`, details)
    case 'not-started':
      return lost(`The process of job '${job.name}' could not be started. ${because}`, details)
    case 'lost':
      return lost(`The process of job '${job.name}' vanished.`, details)
  }
}

function lost(message: string, details: Record<string, unknown>): { state: BadEnd; error: ErrorJson } {
  return { state: 'lost', error: { code: 'NACRE_UNAVAILABLE', message, details } }
}

/** Such as `512MiB`. */
export function formatSize(bytes: number): string {
  const GiB = 1024 ** 3
  return bytes % GiB === 0 ? `${bytes / GiB}GiB` : `${Math.round(bytes / 1024 ** 2)}MiB`
}

/** Such as `10m`. */
export function formatDuration(ms: number): string {
  const unit = (
    [
      ['d', 86_400_000],
      ['h', 3_600_000],
      ['m', 60_000],
      ['s', 1000],
    ] as const
  ).find(([, size]) => ms % size === 0)
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`
}

async function enterUsage(queryable: Queryable, exit: ProcessEnd): Promise<void> {
  await queryable.query(
    'update attempt set isolation = $2, peak_memory_bytes = $3, cpu_ms = $4 where id = $1',
    [
      exit.attemptId,
      exit.isolation,
      exit.peakMemoryBytes === null ? null : Math.round(exit.peakMemoryBytes),
      exit.cpuMs === null ? null : Math.round(exit.cpuMs),
    ],
  )
}

async function jobOfAttempt(transaction: Transaction, attemptId: string): Promise<JobManifest | null> {
  const [row] = await transaction.query<{ manifest: JobManifest }>(
    `select job.manifest from attempt join run on run.id = attempt.run_id
     join job on job.app = run.app and job.name = run.job where attempt.id = $1`,
    [attemptId],
  )
  return row?.manifest ?? null
}
