import type { Transaction } from '../../database/index.ts'
import type { IcebergCatalog } from './iceberg-catalog.ts'
import type { ChangeOptions, ChangePlan } from '../scan/plan-changes.ts'
import type { ScanOptions } from '../scan/plan-scan.ts'
import type { ReaderRegistration } from '../scan/reader-registrations.ts'
import type { PartitionSpec, Schema } from '../schema/schema.ts'
import type { ScanPlan, WriteTarget } from '../scan/scan-plan.ts'
import type { CommittedTable, TableChange } from '../commit/table-change.ts'
import type { StreamProgress } from '../commit/stream-offsets.ts'
import type { TableMaintenance } from '../maintenance/table-maintenance.ts'
import type { TableDefinition } from '../definition/table-definition.ts'
import type { TableRefs } from './table-refs.ts'

/** A snapshot as people and the UI see it. */
export interface SnapshotInfo {
  readonly snapshotId: string
  readonly parentId: string | null
  readonly sequenceNumber: number
  readonly committedAt: string
  readonly summary: Readonly<Record<string, string>>
}

/** A table as people and the UI see it. */
export interface TableInfo {
  readonly name: string
  readonly uuid: string
  readonly location: string
  readonly schema: Schema
  readonly spec: PartitionSpec
  readonly properties: Readonly<Record<string, string>>
  readonly current: SnapshotInfo | null
  /**
   * The newest snapshot that changed rows: how old the data are. Maintenance only rewrites files. Of a history that keeps none, the
   * oldest that it keeps.
   */
  readonly changed: SnapshotInfo | null
  /** Of the current snapshot. */
  readonly rows: number
  readonly files: number
  /** Null when its summary does not tell; engines may leave it out. */
  readonly sizeBytes: number | null
}

/** A table that cannot be read. */
export interface BrokenTable {
  readonly name: string
  readonly metadataLocation: string
  /** Says which file is missing or what is wrong with it. */
  readonly problem: string
}

/** What travels with a commit. */
export interface CommitOptions {
  /** Added to each snapshot's summary. */
  readonly summary?: Readonly<Record<string, string>>
  /** Table properties set in the same commit, by table name. */
  readonly properties?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The branch that is changed in place of `main`, of every table; it must be there. No hook runs for it. */
  readonly branch?: string
  /**
   * Stored in the same commit. When the table's offset is there already, nothing is committed, the result is empty, and `within`
   * runs with nothing. Throws NACRE_CONFLICT when it is not where the commit begins.
   */
  readonly offsets?: StreamProgress
  /** Runs in the transaction that swaps the pointers, after they were swapped; throwing undoes everything. */
  readonly within?: (transaction: Transaction, committed: readonly CommittedTable[]) => Promise<void>
}

/** The Iceberg catalog: the one place where tables are made and changed. */
export interface Catalog {
  /** The same tables in the words of the Iceberg REST specification. */
  readonly iceberg: IcebergCatalog
  readonly refs: TableRefs
  readonly maintenance: TableMaintenance
  /** Makes the table, or adds the columns a newer definition has; refuses a change that would lose or reinterpret data. */
  ensureTable(definition: TableDefinition): Promise<TableInfo>
  /** Throws NACRE_NOT_FOUND naming the nearest table. */
  table(name: string): Promise<TableInfo>
  /** Those that can be read. */
  tables(): Promise<readonly TableInfo[]>
  /** Those whose metadata file is missing or corrupt. */
  brokenTables(): Promise<readonly BrokenTable[]>
  /** Newest first. */
  snapshots(name: string, options?: { limit?: number }): Promise<readonly SnapshotInfo[]>
  /** The files that hold the rows asked for: by default of every row of the current snapshot. Throws NACRE_NOT_FOUND for a state that is not there. */
  planScan(name: string, options?: ScanOptions): Promise<ScanPlan>
  /** What a reader that is at one snapshot must read to be at another. Throws NACRE_NOT_FOUND when it must begin anew. */
  planChanges(name: string, options: ChangeOptions): Promise<ChangePlan>
  /** Registers a reader at a snapshot, or moves it there, so that this and what follows does not expire. Throws NACRE_NOT_FOUND when it has. */
  registerReader(name: string, registration: ReaderRegistration): Promise<void>
  readers(name: string): Promise<readonly ReaderRegistration[]>
  dropReader(name: string, reader: string): Promise<void>
  planWrite(name: string): Promise<WriteTarget>
  /**
   * Commits all changes or none. An append is re-applied on the newest metadata when another commit came between; see
   * reference in tables/README.md for the other kinds. Throws NACRE_COMMIT_CONFLICT when retries are used up.
   */
  commit(changes: readonly TableChange[], options?: CommitOptions): Promise<readonly CommittedTable[]>
}

/** Called inside every commit's transaction, whoever commits: makes jobs due, writes the outbox. */
export type CommitHook = (transaction: Transaction, committed: readonly CommittedTable[]) => Promise<void>

/** A commit that changes the current schema of a table that exists. */
export interface SchemaChange {
  readonly table: string
  readonly before: Schema
  readonly after: Schema
}

/** Called before anything of such a commit is written, whoever commits; throwing refuses the commit. */
export type SchemaChangeHook = (change: SchemaChange) => void | Promise<void>
