/** A value bound to `$n`. Give JSON as text, and `bigint` for 64-bit integers. */
export type SqlParameter =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | null
  | readonly SqlParameter[]

/** Something that runs SQL in PostgreSQL's dialect. */
export interface Queryable {
  /**
   * Runs one statement. Types arrive alike from every database: `bigint` (int8) as bigint, `numeric` and `date` as text,
   * `timestamptz` as Date, `json` parsed, `bytea` as Uint8Array.
   */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    parameters?: readonly SqlParameter[],
  ): Promise<Row[]>
}

/** A transaction that is open while the callback given to {@link Database.transaction} runs. */
export type Transaction = Queryable & { readonly inTransaction: true }

/** Nacre's state: PGlite inside the process, or a PostgreSQL server. Closed by disposing it. */
export interface Database extends Queryable, AsyncDisposable {
  readonly kind: 'pglite' | 'postgres'
  /** Runs `work` in one transaction (read committed); commits when it resolves, rolls back when it throws. Do not nest. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
}

/** Whether an error is PostgreSQL's unique_violation, optionally of one named constraint or index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const { code, constraint: name } = (error ?? {}) as { code?: unknown; constraint?: unknown }
  return code === '23505' && (constraint === undefined || name === constraint)
}
