import type { Clock } from '../../src/base/index.ts'
import type { Database } from '../../src/database/index.ts'
import {
  job,
  jobManifest,
  type AttemptLauncher,
  type JobManifest,
  type JobSpec,
  type PlacedAttempt,
  type ProcessEnd,
  type Resources,
} from '../../src/jobs/index.ts'
import type { CommittedTable, TableDefinition } from '../../src/tables/index.ts'

/** A table for jobs to name. */
export function tableNamed(name: string): TableDefinition {
  return { kind: 'table-ref', name, spec: { columns: { day: 'date' } } }
}

/** A job's manifest; it does nothing when run. */
export function manifestOf(name: string, spec: Partial<JobSpec> = {}): JobManifest {
  return jobManifest(job(name, { run: async () => {}, ...spec }), { team: 'team' })
}

/** A commit that touched these days; none for an unpartitioned table. */
export function commitOf(table: string, days: readonly string[], at: number | string): CommittedTable {
  return {
    table,
    tableUuid: 'uuid',
    snapshotId: '1',
    sequenceNumber: 1,
    summary: {},
    partitions: days.length === 0 ? [{}] : days.map((day) => ({ ts_day: day, country: 'FR' })),
    committedAt: new Date(at).toISOString(),
  }
}

/** A clock that stands until it is moved. */
export function manualClock(start: string): Clock & { advance(ms: number): void } {
  let time = Date.parse(start)
  return {
    now: () => time,
    sleep: () => Promise.reject(new Error('nobody sleeps on this clock')),
    advance: (ms) => void (time += ms),
  }
}

/** A launcher whose processes are the test. */
export function fakeLauncher(
  capacity: Resources = { cpus: 2, memoryBytes: 4 * 1024 ** 3 },
): AttemptLauncher & { readonly started: PlacedAttempt[]; readonly stopped: string[] } {
  const started: PlacedAttempt[] = []
  const stopped: string[] = []
  return {
    started,
    stopped,
    capacity: () => capacity,
    start: async (attempt) => void started.push(attempt),
    stop: async (attemptId) => void stopped.push(attemptId),
  }
}

/** How a process ended; by default by itself with code 1. */
export function processEnd(attemptId: string, end: Partial<ProcessEnd> = {}): ProcessEnd {
  return {
    attemptId,
    cause: 'exited',
    exitCode: 1,
    signal: null,
    tail: 'the last line\n',
    isolation: 'polled',
    peakMemoryBytes: 1_000_000,
    cpuMs: 12.5,
    ...end,
  }
}

/** Empties the scheduler's state, so that tests can share a database. */
export async function clearJobs(database: Database): Promise<void> {
  await database.query('truncate job, job_source, due_mark, parent_success, slot, attempt, run')
}
