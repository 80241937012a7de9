import type { ScanPlan } from '../tables/index.ts'
import type { EngineOptions, ResultColumn, ResultRow, ResultValue } from './engine.ts'

/** One statement of somebody who is not trusted, with the pinned snapshots it may read. */
export interface SandboxQuery {
  /** The tables that may be read; those the statement does not name cost nothing. */
  readonly plans: readonly ScanPlan[]
  /** Exactly one SELECT (also FROM, VALUES, DESCRIBE, SUMMARIZE), without parameters. */
  readonly statement: string
  /** Cancels with NACRE_CANCELLED. */
  readonly signal?: AbortSignal
  /** From the call, waiting for a free place included; then NACRE_TIMEOUT. Default 30,000. */
  readonly timeoutMs?: number
}

/** A query that is run, not only described. */
export interface SandboxRun extends SandboxQuery {
  /** Rows beyond it are not made. Default 1,000. */
  readonly rowLimit?: number
}

/** What a run gave. */
export interface SandboxResult<Row> {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly Row[]
  /** Whether there were more rows than the limit. */
  readonly truncated: boolean
  readonly elapsedMs: number
}

/**
 * Runs SQL from outside over pinned snapshots. A statement reaches the named tables and nothing else: no file, network,
 * setting, extension or other table, and no more than its share of time, rows, memory and threads. Throws NACRE_SQL.
 */
export interface QuerySandbox extends AsyncDisposable {
  /** The tables a statement names, in its own spelling: what to plan before running it. */
  tablesOf(statement: string): Promise<readonly string[]>
  /** The columns of a statement, which is not run. */
  describe(query: SandboxQuery): Promise<readonly ResultColumn[]>
  /** Rows as arrays in the order of the columns. */
  run(query: SandboxRun): Promise<SandboxResult<readonly ResultValue[]>>
  /** Rows as objects by column name. */
  runObjects(query: SandboxRun): Promise<SandboxResult<ResultRow>>
}

/** Limits of a sandbox, and the files it reaches beside `file:///…`. */
export interface SandboxOptions extends Pick<EngineOptions, 'mounts' | 'objectStore' | 'extensionFolder'> {
  /** Of each snapshot set that is open. Default 512 MiB. */
  readonly memoryBytes?: number
  /** Of each snapshot set that is open. Default 2. */
  readonly threads?: number
  /** Statements at once; others wait. Each holds a thread of Node's pool (UV_THREADPOOL_SIZE, 4), which file access shares. Default 2. */
  readonly maxConcurrent?: number
  /** Snapshot sets kept open for the next statement; the one unused longest is closed. Default 4. */
  readonly maxSnapshotSets?: number
}
