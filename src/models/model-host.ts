import type { TableInfo } from '../tables/index.ts'

/** What compiling models and running their queries needs of the platform. */
export interface ModelHost {
  /** The table as it is now; throws NACRE_NOT_FOUND. `catalog.table` is one. */
  describeTable(name: string): Promise<Pick<TableInfo, 'schema' | 'current' | 'changed'>>
  /** Columns of a statement in DuckDB's types and the tables it reads, without running it. For `duckdb.sql(…)` in models. */
  describeSql(sql: string): Promise<{
    readonly columns: readonly { readonly name: string; readonly type: string }[]
    readonly tables: readonly string[]
  }>
  /** Runs a query over the current snapshots of `tables`, where it can reach nothing else. */
  runSql(request: SqlRequest): Promise<SqlRows>
}

export interface SqlRequest {
  readonly sql: string
  readonly tables: readonly string[]
  readonly rowLimit: number
  readonly signal: AbortSignal
}

/** Rows of a query as plain values, in the order of the columns. */
export interface SqlRows {
  readonly columns: readonly { readonly name: string }[]
  readonly rows: readonly (readonly unknown[])[]
  /** More rows exist than were asked for. */
  readonly truncated: boolean
  readonly elapsedMs: number
  /** The snapshot read, by table; null for a table without one. */
  readonly snapshots: Readonly<Record<string, string | null>>
}
