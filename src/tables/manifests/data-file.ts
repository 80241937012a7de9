/** A partition's value for JSON: text for string, date (`YYYY-MM-DD`), time, timestamp and decimal; number for int, long (text beyond 2^53), float and double. */
export type PartitionValue = string | number | boolean | null

/** Values by partition field name, such as `{ day: '2026-01-05' }`; empty for an unpartitioned table. */
export type PartitionTuple = Readonly<Record<string, PartitionValue>>

/** Statistics of one leaf column in one file. `min` and `max` are DuckDB's text of the value; absent when unknown. */
export interface ColumnStats {
  readonly sizeBytes: number
  readonly valueCount: number
  readonly nullCount: number
  readonly hasNan?: boolean
  readonly min?: string
  readonly max?: string
}

/** A Parquet file that is written but not yet part of a table. Travels as JSON from a job's process to the platform. */
export interface DataFile {
  /** Absolute URI, `file:///…` on a local warehouse, inside the table's location. */
  readonly path: string
  readonly rowCount: number
  readonly sizeBytes: number
  readonly partition: PartitionTuple
  /** By field id, as text. */
  readonly stats: Readonly<Record<string, ColumnStats>>
}
