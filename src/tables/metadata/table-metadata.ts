import { NacreError } from '../../base/index.ts'
import type { PartitionSpec, Schema } from '../schema/schema.ts'

// The file metadata.json, key by key: https://iceberg.apache.org/spec/#table-metadata-fields

/** An id of up to 63 bits: a number when safe, else a bigint, so that `===` compares. */
export type LongId = number | bigint

/** A state of a table. */
export interface Snapshot {
  readonly 'snapshot-id': LongId
  readonly 'parent-snapshot-id'?: LongId
  readonly 'sequence-number': number
  readonly 'timestamp-ms': number
  readonly 'manifest-list': string
  readonly summary: Readonly<Record<string, string>>
  readonly 'schema-id'?: number
}

/** A named reference to a snapshot; `main` is the table's current state. */
export interface SnapshotRef {
  readonly 'snapshot-id': LongId
  readonly type: 'branch' | 'tag'
  /** How long expiry leaves its snapshots; for branches only. */
  readonly 'min-snapshots-to-keep'?: number
  readonly 'max-snapshot-age-ms'?: number
  /** How long expiry leaves the reference itself; `main` stays for ever. */
  readonly 'max-ref-age-ms'?: number
}

export interface SortOrder {
  readonly 'order-id': number
  readonly fields: readonly {
    readonly transform: string
    readonly 'source-id': number
    readonly direction: 'asc' | 'desc'
    readonly 'null-order': 'nulls-first' | 'nulls-last'
  }[]
}

/** A table, format version 2. Never changed in place: every commit writes a new one. */
export interface TableMetadata {
  readonly 'format-version': 2
  readonly 'table-uuid': string
  readonly location: string
  readonly 'last-sequence-number': number
  readonly 'last-updated-ms': number
  readonly 'last-column-id': number
  readonly schemas: readonly Schema[]
  readonly 'current-schema-id': number
  readonly 'partition-specs': readonly PartitionSpec[]
  readonly 'default-spec-id': number
  readonly 'last-partition-id': number
  readonly 'sort-orders': readonly SortOrder[]
  readonly 'default-sort-order-id': number
  readonly properties: Readonly<Record<string, string>>
  readonly 'current-snapshot-id': LongId | null
  readonly refs: Readonly<Record<string, SnapshotRef>>
  readonly snapshots: readonly Snapshot[]
  readonly 'snapshot-log': readonly { readonly 'timestamp-ms': number; readonly 'snapshot-id': LongId }[]
  readonly 'metadata-log': readonly { readonly 'timestamp-ms': number; readonly 'metadata-file': string }[]
  readonly statistics?: readonly StatisticsFile[]
  readonly 'partition-statistics'?: readonly StatisticsFile[]
}

/** A file of statistics of one snapshot, kept for the engine that wrote it. */
export interface StatisticsFile {
  readonly 'snapshot-id': LongId
  readonly 'statistics-path': string
  readonly 'file-size-in-bytes': number
}

/** The schema new files are written under. */
export function currentSchema(metadata: TableMetadata): Schema {
  return schemaById(metadata, metadata['current-schema-id'])
}

/** Throws NACRE_CORRUPT for an id the table does not have. */
export function schemaById(metadata: TableMetadata, id: number): Schema {
  return found(
    metadata.schemas.find((schema) => schema['schema-id'] === id),
    metadata,
    `schema ${id}`,
  )
}

/** The partition spec new files are written under. */
export function currentSpec(metadata: TableMetadata): PartitionSpec {
  return specById(metadata, metadata['default-spec-id'])
}

/** Throws NACRE_CORRUPT for an id the table does not have. */
export function specById(metadata: TableMetadata, id: number): PartitionSpec {
  return found(
    metadata['partition-specs'].find((spec) => spec['spec-id'] === id),
    metadata,
    `partition spec ${id}`,
  )
}

/** Null for a table that has no snapshot yet. */
export function currentSnapshot(metadata: TableMetadata): Snapshot | null {
  const id = metadata['current-snapshot-id']
  if (id === null) return null
  return found(
    metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === id),
    metadata,
    `snapshot ${id}`,
  )
}

/** Names of the columns that rows of a file are ordered by. */
export function sortColumns(metadata: TableMetadata): readonly string[] {
  const order = metadata['sort-orders'].find(
    (candidate) => candidate['order-id'] === metadata['default-sort-order-id'],
  )
  const { fields } = currentSchema(metadata)
  return (order?.fields ?? []).flatMap(
    ({ 'source-id': id }) => fields.find((field) => field.id === id)?.name ?? [],
  )
}

function found<Part>(part: Part | undefined, metadata: TableMetadata, what: string): Part {
  if (part !== undefined) return part
  throw new NacreError(
    'NACRE_CORRUPT',
    `Table at ${metadata.location} refers to ${what}, which its metadata lacks.`,
  )
}
