/** What the executor must start. */
export interface AttemptLaunch {
  readonly attemptId: string
  readonly team: string
  readonly cpus: number
  readonly memoryBytes: number
  readonly timeoutMs: number
  /** For the process: NACRE_URL, NACRE_ATTEMPT, NACRE_ATTEMPT_TOKEN. */
  readonly environment: Readonly<Record<string, string>>
}

/** How an attempt's process ended. */
export interface AttemptExit {
  readonly attemptId: string
  readonly cause: 'exited' | 'out-of-memory' | 'timed-out' | 'stopped' | 'lost' | 'not-started'
  readonly exitCode: number | null
  readonly signal: string | null
  /** Last lines the process itself wrote to its standard streams, outside the log protocol. */
  readonly tail: string
  readonly isolation: 'cgroup2' | 'cgroup1' | 'polled'
  readonly peakMemoryBytes: number | null
  readonly cpuMs: number | null
}

/** Where attempts run: child processes here, pods elsewhere. */
export interface Executor extends AsyncDisposable {
  readonly name: 'local' | 'kubernetes'
  /** All it can give to attempts. */
  capacity(): { readonly cpus: number; readonly memoryBytes: number }
  /** Starts an attempt; resolves once its process runs. The end is told through `onExit`, exactly once per attempt. */
  start(launch: AttemptLaunch): Promise<void>
  /** Ends an attempt and every process it started: politely, then by force after `graceMs`. */
  stop(attemptId: string, options: { graceMs: number; cause: 'stopped' | 'timed-out' }): Promise<void>
  /** Ends what an earlier process of the platform left running. Called once, before the first start. */
  recover(): Promise<void>
}
