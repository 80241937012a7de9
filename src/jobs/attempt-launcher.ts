import type { Resources } from './fair-share.ts'
import type { PlacedAttempt } from './start-attempt.ts'

/** Where the scheduler has attempts executed: an executor, wired by the platform. */
export interface AttemptLauncher {
  /** All it can give. */
  capacity(): Resources
  /** Starts the process; rejects when it cannot be started. Its end is reported to {@link Scheduler.onAttemptExit}, once. */
  start(attempt: PlacedAttempt): Promise<void>
  /** Ends the process and all it started. */
  stop(attemptId: string, options: { graceMs: number; cause: 'stopped' | 'timed-out' }): Promise<void>
}

/** How an attempt's process ended. */
export interface ProcessEnd {
  readonly attemptId: string
  readonly cause: 'exited' | 'out-of-memory' | 'timed-out' | 'stopped' | 'lost' | 'not-started'
  readonly exitCode: number | null
  readonly signal: string | null
  /** Last lines of its standard streams. */
  readonly tail: string
  readonly isolation: 'cgroup2' | 'cgroup1' | 'polled' | null
  readonly peakMemoryBytes: number | null
  readonly cpuMs: number | null
}
