import type { PartitionTuple } from '../manifests/data-file.ts'
import type { PartitionSpec, Schema } from '../schema/schema.ts'

/** A live data file of a snapshot. */
export interface ScanFile {
  readonly path: string
  readonly rowCount: number
  readonly sizeBytes: number
  readonly partition: PartitionTuple
  /** The schema it was written under, as far as its manifest tells. */
  readonly schemaId: number
  /** URIs of files of position deletes, which name rows that no longer count. */
  readonly deletes?: readonly string[]
  /** Written under another partitioning, it may hold rows of other partitions than the plan's, which a reader leaves out. */
  readonly isPartial?: true
}

/** All that an engine needs to read one pinned snapshot. Travels as JSON to a job's process. */
export interface ScanPlan {
  /** Full name, `namespace.name`. */
  readonly table: string
  readonly tableUuid: string
  /** As text, for it may exceed 2^53; null when the table has no snapshot yet. */
  readonly snapshotId: string | null
  /** The schema rows are read as. */
  readonly schema: Schema
  /** Every schema that one of the files may have been written under. */
  readonly fileSchemas: readonly Schema[]
  readonly files: readonly ScanFile[]
  /** The table's `schema.name-mapping.default`: ids of columns in files that carry none. */
  readonly nameMapping?: string
  /** The partitions that were asked for: of a file with `isPartial`, only the rows of these are read. */
  readonly partitions?: { readonly spec: PartitionSpec; readonly tuples: readonly PartitionTuple[] }
}

/** All that an engine needs to write files for a table. Travels as JSON to a job's process. */
export interface WriteTarget {
  readonly table: string
  readonly tableUuid: string
  readonly schema: Schema
  readonly spec: PartitionSpec
  /** Names of columns, the order of rows within a file. */
  readonly sortBy: readonly string[]
  /** Absolute URI of the folder for new files, ending without `/`. */
  readonly dataLocation: string
}
