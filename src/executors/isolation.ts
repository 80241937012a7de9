/** What an attempt may use. */
export interface Limits {
  /** A share of time against the other attempts, not a ceiling. */
  readonly cpus: number
  /** A ceiling: whoever exceeds it is killed. */
  readonly memoryBytes: number
}

/** What an attempt has used; null where this machine does not tell. */
export interface AttemptUsage {
  readonly peakMemoryBytes: number | null
  readonly cpuMs: number | null
}

/** All processes of one attempt: limited, counted and ended together, whatever they forked. */
export interface ProcessGroup {
  /** Files to which a process writes its own pid to join, before it becomes the attempt's program. */
  readonly joinFiles: readonly string[]
  /** Names the main process once it runs. */
  begin(mainPid: number): void
  /** Kills every process of the group; resolves once none is left. */
  killAll(): Promise<void>
  usage(): Promise<AttemptUsage>
  /** Whether a process was killed, or had to be, for exceeding the memory. */
  isOutOfMemory(): Promise<boolean>
  /** To be called about once a second: takes a sample; with {@link isOutOfMemory} true afterwards, end the group. */
  sample(): Promise<void>
  /** Frees what the group holds of the system; no process may be left. */
  remove(): Promise<void>
}

/** A way to hold an attempt's processes together. */
export interface Isolation {
  readonly kind: 'cgroup2' | 'cgroup1' | 'polled'
  createGroup(attemptId: string, limits: Limits): Promise<ProcessGroup>
  /** Kills what a predecessor left running under these attempt ids, and frees what its groups hold. */
  endLeftovers(attemptIds: readonly string[]): Promise<void>
  /** Frees what the isolation itself holds of the system; no group may be left. */
  close(): Promise<void>
}

/** Processes and threads one attempt may have. */
export const maxProcesses = 512
