import type { ErrorJson } from '../base/index.ts'
import type { StorageAccess } from '../storage/index.ts'
import type { ScanPlan, TableChange, WriteTarget } from '../tables/index.ts'
import type { JobManifest } from './job-definition.ts'

/**
 * What a job's process and the platform say to each other, over HTTP under `/api/v1/attempts/:id/`, with the attempt's own
 * token as bearer. Every call answers 409 NACRE_STALE_ATTEMPT once the attempt is no longer the current one of its run; the
 * process must then stop.
 */

/** Answer to `POST claim`: the first call, made once; it pins the snapshots. */
export interface AttemptAssignment {
  readonly attemptId: string
  readonly runId: string
  /** 1 for the first attempt of the run. */
  readonly attempt: number
  readonly app: string
  readonly bundle: string
  readonly job: JobManifest
  readonly days: readonly string[]
  readonly dueAt: string
  /** By alias. */
  readonly reads: Readonly<Record<string, ScanPlan>>
  readonly writes: Readonly<Record<string, WriteTarget>>
  /** How the files of those tables are reached. */
  readonly storage: StorageAccess
  /** Heartbeats must come more often than this. */
  readonly leaseMs: number
}

/** `POST heartbeat`; the answer tells whether to go on. */
export interface HeartbeatReply {
  readonly cancel: 'killed' | 'timed-out' | null
}

/** One line of a run's log. */
export interface LogLine {
  /** From 0, without gaps, per attempt. */
  readonly seq: number
  /** ISO 8601. */
  readonly at: string
  /** `log`: from the job's own log; `runner`: from the runner or the platform. */
  readonly stream: 'log' | 'stdout' | 'stderr' | 'runner'
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields?: object
}

/** `POST logs`: lines not yet acknowledged; the answer names the first seq still wanted. */
export interface LogsRequest {
  readonly lines: readonly LogLine[]
}

/** `POST complete`: commits all changes and ends the run, in one transaction; the same call again gives the same answer. */
export interface CompleteRequest {
  readonly changes: readonly TableChange[]
}

/** `POST fail`: the job's code failed, or one of its checks. */
export interface FailRequest {
  readonly error: ErrorJson
}
