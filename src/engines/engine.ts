import type { ColumnBatch } from '../avro/index.ts'
import type { Sql } from '../sql/index.ts'
import type { StorageAccess } from '../storage/index.ts'
import type { DataFile, ScanPlan, WriteTarget } from '../tables/index.ts'

/** One column of a result. `type` is the engine's own name of the type, such as `BIGINT`. */
export interface ResultColumn {
  readonly name: string
  readonly type: string
}

/** A plain value in a result: 64-bit integers as number when safe, else bigint; dates `YYYY-MM-DD`; timestamps ISO 8601 in UTC; decimals as text; lists as arrays; structs as objects. */
export type ResultValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly ResultValue[]
  | { readonly [field: string]: ResultValue }

/** One row, by column name. */
export type ResultRow = Readonly<Record<string, ResultValue>>

/** What a query gave: columns first, then rows in batches of at most some thousand. */
export interface QueryResult {
  readonly columns: readonly ResultColumn[]
  readonly batches: AsyncIterable<readonly ResultRow[]>
}

/** Runs SQL over pinned snapshots. Closed by disposing it. */
export interface Engine extends AsyncDisposable {
  readonly name: 'duckdb' | 'spark'
  /** Makes a pinned snapshot readable under the table's name; a second call for the same table replaces the first. */
  attach(plan: ScanPlan): Promise<void>
  /** Makes rows given as JSON readable as a view under `name`, with the schema's columns and types. For the decoder and tests. */
  attachRows(name: string, target: Pick<WriteTarget, 'schema'>, rows: readonly object[]): Promise<void>
  /** Runs a statement; values are bound, tables resolved to attached snapshots. Throws NACRE_SQL with the statement. */
  query(statement: Sql | string, options?: { signal?: AbortSignal }): Promise<QueryResult>
  /** The result column by column as it lies in memory, for writing it elsewhere at full speed. A batch holds until the next is asked for. */
  columns(statement: Sql | string, options?: { signal?: AbortSignal }): Promise<AsyncIterable<ColumnBatch>>
  /** All rows of a small result. */
  rows<Row = ResultRow>(statement: Sql | string, options?: { signal?: AbortSignal }): Promise<Row[]>
  /**
   * Writes the rows of a query as Parquet files of the target: columns matched by name and cast to the table's types, a
   * missing nullable column null, an unknown column refused. The files belong to no table until they are committed.
   */
  write(target: WriteTarget, select: Sql, options?: { signal?: AbortSignal }): Promise<readonly DataFile[]>
  /** Makes files written but not yet committed readable under `name`: what checks run on. */
  attachStaged(name: string, target: WriteTarget, files: readonly DataFile[]): Promise<void>
}

/** Limits of one engine, and the files it reaches beside `file:///…`. */
export interface EngineOptions extends Partial<StorageAccess> {
  readonly memoryBytes?: number
  readonly threads?: number
  /** Folder for spilling; without it nothing is spilled. */
  readonly scratchFolder?: string
  /** Absolute path of a folder that holds `httpfs.duckdb_extension`, which object storage needs; without it DuckDB fetches its own. */
  readonly extensionFolder?: string | undefined
}
