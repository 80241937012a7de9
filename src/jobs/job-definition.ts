import type { Sql, TableRef } from '../sql/index.ts'
import type { TableDefinition } from '../tables/index.ts'

/** What makes a job due. */
export type Trigger =
  /** Five fields of cron (or six, seconds first) in a time zone, default UTC. */
  | { readonly kind: 'cron'; readonly expression: string; readonly timezone: string }
  /** An ISO 8601 repeating interval: `R/2026-01-01T00:00:00Z/PT1H`, `R5//PT10M`. */
  | { readonly kind: 'every'; readonly interval: string; readonly timezone: string }
  /** Each commit of one of the tables; with day partitions exactly the touched days. */
  | { readonly kind: 'on'; readonly tables: readonly string[] }
  /** Each success of all the named jobs, partition by partition where both have partitions. */
  | { readonly kind: 'after'; readonly jobs: readonly string[] }
  | { readonly kind: 'manual' }

/** A job's work is cut into UTC days; a late row makes exactly its day due again. */
export interface DayPartitions {
  readonly kind: 'day'
  /** First day, `YYYY-MM-DD`; facts of earlier days make nothing due. */
  readonly from: string
  /** How many due days one run may take at most, oldest first. Default 1. */
  readonly perRun: number
}

/** Days a run works on. */
export interface PartitionSet {
  /** Sorted, `YYYY-MM-DD`. */
  readonly days: readonly string[]
  /** SQL that holds for rows of these days: `column` is a date, timestamp or timestamptz column's name. */
  where(column: string): Sql
}

/** A table a job may write; what is written becomes visible only when the run succeeds, all tables together. */
export interface TableWriter extends TableRef {
  /** Adds the rows of a query. */
  append(select: Sql): Promise<void>
  /** Replaces the rows of the run's days, or of the days given. */
  overwrite(partition: PartitionSet, select: Sql): Promise<void>
  /** Replaces all rows. */
  replace(select: Sql): Promise<void>
}

/** Lines in a run's log: plain sentence, then fields. */
export interface JobLog {
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}

/** What a job's `run` receives. */
export interface JobContext<Reads extends TableMap = TableMap, Writes extends TableMap = TableMap> {
  /** Pinned at the start of the run: every read sees the same snapshots. */
  readonly reads: { readonly [Alias in keyof Reads]: TableRef }
  readonly writes: { readonly [Alias in keyof Writes]: TableWriter }
  /** Empty for a job without partitions. */
  readonly partition: PartitionSet
  /** When the slot was due, ISO 8601. */
  readonly dueAt: string
  readonly runId: string
  /** 1 for the first execution of the run. */
  readonly attempt: number
  /** Rows of a query, in batches. */
  readonly query: (select: Sql) => AsyncIterable<readonly Readonly<Record<string, unknown>>[]>
  /** All rows of a small query. */
  readonly rows: <Row = Readonly<Record<string, unknown>>>(select: Sql) => Promise<Row[]>
  /** Runs a statement that gives nothing, such as `create table step as select …`: the rest of the run can read it, nobody else; a temp table only that one statement could. */
  readonly execute: (statement: Sql) => Promise<void>
  readonly log: JobLog
  /** Aborts when the run is killed, times out or is no longer current. */
  readonly signal: AbortSignal
}

export type TableMap = Readonly<Record<string, TableDefinition>>

/** A condition on the rows a run has staged; when it fails nothing is published. */
export type Check =
  | { readonly kind: 'unique'; readonly table?: string; readonly columns: readonly string[] }
  | { readonly kind: 'not-null'; readonly table?: string; readonly columns: readonly string[] }
  | {
      readonly kind: 'between'
      readonly table?: string
      readonly column: string
      readonly min: number
      readonly max: number
    }
  | { readonly kind: 'rows-between'; readonly table?: string; readonly min: number; readonly max: number }

/** What an app says of a job. Either `run` or `command`. */
export interface JobSpec<Reads extends TableMap = TableMap, Writes extends TableMap = TableMap> {
  readonly owner?: string
  readonly team?: string
  readonly doc?: string
  /** Default manual. */
  readonly trigger?: Trigger
  readonly partitions?: DayPartitions
  readonly reads?: Reads
  readonly writes?: Writes
  /** Default 1 cpu, 512MiB. */
  readonly resources?: { readonly cpus?: number; readonly memory?: string }
  /** Of one attempt. Default '1h'. */
  readonly timeout?: string
  /** Default `{ limit: 2, backoff: '10s..5m' }`; attempts lost to the machine are not counted. */
  readonly retries?: { readonly limit: number; readonly backoff?: string }
  readonly checks?: readonly Check[]
  run?(context: JobContext<Reads, Writes>): Promise<void>
  /** A shell line run instead of `run`, with NACRE_URL, NACRE_TOKEN and NACRE_PARTITION in its environment. */
  readonly command?: string
}

/** A declared job. */
export interface JobDefinition {
  readonly kind: 'job'
  readonly name: string
  readonly spec: JobSpec
}

/** A job as the platform stores it: plain JSON with every default filled in. */
export interface JobManifest {
  readonly name: string
  readonly owner: string | null
  readonly team: string
  readonly doc: string | null
  readonly trigger: Trigger
  readonly partitions: DayPartitions | null
  /** Full table names by alias. */
  readonly reads: Readonly<Record<string, string>>
  readonly writes: Readonly<Record<string, string>>
  readonly cpus: number
  readonly memoryBytes: number
  readonly timeoutMs: number
  readonly retries: { readonly limit: number; readonly minMs: number; readonly maxMs: number }
  readonly checks: readonly Check[]
  readonly command: string | null
}
