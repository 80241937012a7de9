import type { Transaction } from '../../database/index.ts'
import type { CommitHook, CommitOptions } from './catalog.ts'
import type { CommitWorld, LoadedTable } from '../commit/commit-tables.ts'
import type { MetadataRequirement } from '../metadata/metadata-requirements.ts'
import type { MetadataUpdate } from '../metadata/metadata-updates.ts'
import type { PartitionSpec, Schema } from '../schema/schema.ts'
import type { CommittedTable } from '../commit/table-change.ts'
import type { SortOrder, TableMetadata } from '../metadata/table-metadata.ts'

/** The levels of a namespace, outermost first. Each is of letters, digits, `_` and `-`; so `a.b` names them without doubt. */
export type Namespace = readonly string[]

/** One page of names; `next` is null on the last. */
export interface NamePage {
  readonly names: readonly string[]
  readonly next: string | null
}

export interface PageRequest {
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/** A table that an engine asks for. Ids of fields are given anew; spec and order may name the ids of the schema as it was sent. */
export interface TableRequest {
  /** Full name, `namespace.name`. */
  readonly name: string
  readonly schema: Schema
  readonly spec?: PartitionSpec | undefined
  readonly sortOrder?: SortOrder | undefined
  /** Default: the table's folder in the warehouse. Throws NACRE_INPUT for a place outside the warehouse. */
  readonly location?: string | undefined
  readonly properties?: Readonly<Record<string, string>> | undefined
}

/** What is to become of a table, in the words of the specification. `assert-create` makes one from a staged request. */
export interface TableUpdates {
  readonly table: string
  readonly requirements: readonly MetadataRequirement[]
  readonly updates: readonly MetadataUpdate[]
}

/** Runs in the transaction that does the work, at its end, given the tables as they are then; throwing undoes everything. */
export type WithinIceberg = (
  transaction: Transaction,
  committed: readonly CommittedTable[],
  tables: readonly LoadedTable[],
) => Promise<void>

/** What travels with a commit: as {@link CommitOptions}, and `within` is also given the tables as they are then. */
export interface IcebergCommitOptions extends Omit<CommitOptions, 'within'> {
  readonly within?: WithinIceberg
}

/** What the catalog works with. */
export interface IcebergWorld extends CommitWorld {
  readonly warehouse: string
  readonly onCommit?: CommitHook | undefined
}

/** A view: https://iceberg.apache.org/view-spec. Kept, never run, by Nacre. */
export interface LoadedView {
  readonly name: string
  readonly metadataLocation: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/**
 * The catalog in the words of Iceberg's REST specification: what the REST API serves. Names are full names, levels joined by `.`.
 * Throws NACRE_NOT_FOUND, NACRE_CONFLICT (exists already, not empty), NACRE_COMMIT_CONFLICT (a requirement does not hold), NACRE_INPUT.
 */
export interface IcebergCatalog {
  /** Those directly below `parent`, in order of name. */
  listNamespaces(parent: Namespace): Promise<readonly Namespace[]>
  loadNamespace(namespace: Namespace): Promise<Readonly<Record<string, string>>>
  createNamespace(namespace: Namespace, properties: Readonly<Record<string, string>>): Promise<void>
  updateNamespace(
    namespace: Namespace,
    change: { removals: readonly string[]; updates: Readonly<Record<string, string>> },
  ): Promise<{ updated: readonly string[]; removed: readonly string[]; missing: readonly string[] }>
  /** Throws NACRE_CONFLICT while it holds a table, a view or a namespace. */
  dropNamespace(namespace: Namespace): Promise<void>

  listTables(namespace: Namespace, page?: PageRequest): Promise<NamePage>
  loadTable(name: string): Promise<LoadedTable>
  /** The metadata a table would begin with; nothing is stored. */
  stageTable(request: TableRequest): Promise<TableMetadata>
  createTable(request: TableRequest, options?: { within?: WithinIceberg }): Promise<LoadedTable>
  /** Takes up a table of format version 1 or 2 by its metadata file. Throws NACRE_INPUT for version 3. */
  registerTable(
    name: string,
    metadataLocation: string,
    options?: { overwrite?: boolean; within?: WithinIceberg },
  ): Promise<LoadedTable>
  renameTable(from: string, to: string, options?: { within?: WithinIceberg }): Promise<void>
  /** With `purge`, its files are deleted too, as far as they lie inside its location. */
  dropTable(name: string, options?: { purge?: boolean; within?: WithinIceberg }): Promise<void>
  /** Commits all or none. Another commit that came between is retried on the newest metadata if the requirements still hold. */
  commit(tables: readonly TableUpdates[], options?: IcebergCommitOptions): Promise<readonly LoadedTable[]>

  listViews(namespace: Namespace, page?: PageRequest): Promise<NamePage>
  loadView(name: string): Promise<LoadedView>
  createView(name: string, request: Readonly<Record<string, unknown>>): Promise<LoadedView>
  /** Takes up a view by its metadata file, such as one that was dropped. */
  registerView(name: string, metadataLocation: string): Promise<LoadedView>
  /** Requirements and updates of the view specification. */
  commitView(
    name: string,
    change: { requirements: readonly object[]; updates: readonly object[] },
  ): Promise<LoadedView>
  renameView(from: string, to: string): Promise<void>
  dropView(name: string): Promise<void>
}
