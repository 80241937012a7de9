import type { JobManifest } from './job-definition.ts'

/** States of a run. Legal moves stand in run-states.ts. */
export type RunState = 'queued' | 'running' | 'retrying' | 'succeeded' | 'failed' | 'killed'

/** States of an attempt. `lost`: its process or machine vanished; not the job's fault. */
export type AttemptState =
  | 'starting'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'timed-out'
  | 'out-of-memory'
  | 'killed'
  | 'lost'

/** A job as people and the UI see it. */
export interface JobInfo {
  readonly app: string
  readonly job: JobManifest
  readonly bundle: string
  readonly paused: boolean
  /** ISO 8601; null without a time trigger. */
  readonly nextDueAt: string | null
  readonly lastRun: RunInfo | null
  /** Days or changes waiting for a run. */
  readonly due: number
  /** Why waiting work does not run now, in words; null when nothing waits. */
  readonly waitingFor: string | null
  /** Due for longer than its period or timeout allows. */
  readonly late: boolean
}

export interface RunInfo {
  readonly id: string
  readonly app: string
  readonly job: string
  readonly team: string
  readonly state: RunState
  /** Slots it serves: days, or the due time. */
  readonly slots: readonly string[]
  /** What made it due, such as `commit of events.reading_span`, `cron 5 * * * *`, `after daily-engagement`, `manual by admin`. */
  readonly cause: string
  readonly queuedAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  /** When the next attempt may start; only in state retrying. */
  readonly retryAt: string | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly attempts: readonly AttemptInfo[]
  /** Committed snapshots by table. */
  readonly outputs: Readonly<Record<string, string>>
}

export interface AttemptInfo {
  readonly id: string
  readonly number: number
  readonly state: AttemptState
  readonly startedAt: string
  readonly endedAt: string | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly isolation: 'cgroup2' | 'cgroup1' | 'polled' | null
  readonly peakMemoryBytes: number | null
  readonly cpuMs: number | null
}
