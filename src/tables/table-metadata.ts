import { NacreError, parseLossless } from '../base/index.ts'
import type { PartitionSpec, Schema } from './schema.ts'

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
}

/** Parts that a writer may leave out. */
const emptyParts = { properties: {}, refs: {}, snapshots: [], 'snapshot-log': [], 'metadata-log': [] }

/** Reads metadata.json. Throws NACRE_CORRUPT when it is none, or of a format version other than 2. */
export function parseMetadata(text: string, location: string): TableMetadata {
  let parsed: TableMetadata
  try {
    parsed = Object.assign({}, emptyParts, parseLossless(text) as TableMetadata)
  } catch (cause) {
    throw new NacreError('NACRE_CORRUPT', `${location} is not JSON: ${(cause as Error).message}.`, { cause })
  }
  const version: number = parsed['format-version']
  if (version !== 2)
    throw new NacreError(
      'NACRE_CORRUPT',
      `${location} has format version ${version}; only version 2 is read.`,
    )
  // Some writers say -1, or nothing, where there is no snapshot.
  const current = parsed['current-snapshot-id'] ?? -1
  return { ...parsed, 'current-snapshot-id': current === -1 ? null : current }
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
