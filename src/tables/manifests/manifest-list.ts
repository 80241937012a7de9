import { decodeAvro, encodeAvro } from '../../avro/index.ts'
import { alignAvro } from './align-avro.ts'
import { entryStatus, type ManifestEntry } from './manifest.ts'
import { manifestListSchema } from './manifest-schema.ts'
import type { Snapshot, LongId } from '../metadata/table-metadata.ts'

/** A manifest as its snapshot's list tells of it: https://iceberg.apache.org/spec/#manifest-lists. */
export interface ManifestListEntry {
  readonly manifest_path: string
  readonly manifest_length: LongId
  readonly partition_spec_id: number
  /** 0 for data, 1 for deletes. */
  readonly content: number
  readonly sequence_number: LongId
  readonly min_sequence_number: LongId
  readonly added_snapshot_id: LongId
  readonly added_files_count: number
  readonly existing_files_count: number
  readonly deleted_files_count: number
  readonly added_rows_count: LongId
  readonly existing_rows_count: LongId
  readonly deleted_rows_count: LongId
  readonly partitions: readonly PartitionSummary[] | null
  readonly key_metadata: Uint8Array | null
}

/** The values of one partition field over all live files of a manifest; bounds are serialized single values. */
export interface PartitionSummary {
  readonly contains_null: boolean
  readonly contains_nan: boolean | null
  readonly lower_bound: Uint8Array | null
  readonly upper_bound: Uint8Array | null
}

/** Writes the list of a snapshot's manifests. */
export function encodeManifestList(
  entries: readonly ManifestListEntry[],
  snapshot: Pick<Snapshot, 'snapshot-id' | 'parent-snapshot-id' | 'sequence-number'>,
  syncMarker: Uint8Array,
): Uint8Array {
  return encodeAvro(entries, {
    schema: manifestListSchema,
    syncMarker,
    metadata: {
      'snapshot-id': String(snapshot['snapshot-id']),
      'parent-snapshot-id': String(snapshot['parent-snapshot-id'] ?? 'null'),
      'sequence-number': String(snapshot['sequence-number']),
      'format-version': '2',
    },
  })
}

/** A manifest of a list as it was written; version 1 leaves things out. */
type StoredManifest = { readonly [Key in keyof ManifestListEntry]: ManifestListEntry[Key] | null }

/** Reads the list of a snapshot's manifests, of format version 1 or 2. Counts that a list of version 1 leaves out are -1. */
export function decodeManifestList(bytes: Uint8Array): readonly ManifestListEntry[] {
  const { rows, schema } = decodeAvro<StoredManifest>(bytes)
  const align = alignAvro(schema, manifestListSchema) as ((row: StoredManifest) => StoredManifest) | undefined
  return rows.map((given) => {
    const row = align?.(given) ?? given
    return {
      ...(row as ManifestListEntry),
      content: row.content ?? 0,
      sequence_number: row.sequence_number ?? 0,
      min_sequence_number: row.min_sequence_number ?? 0,
      added_files_count: row.added_files_count ?? -1,
      existing_files_count: row.existing_files_count ?? -1,
      deleted_files_count: row.deleted_files_count ?? -1,
      added_rows_count: row.added_rows_count ?? -1,
      existing_rows_count: row.existing_rows_count ?? -1,
      deleted_rows_count: row.deleted_rows_count ?? -1,
    }
  })
}

/** Whether {@link decodeManifestList} found all counts of a manifest. */
export function isCounted(listed: ManifestListEntry): boolean {
  return (
    Math.min(listed.added_files_count, listed.existing_files_count, listed.deleted_files_count) >= 0 &&
    Math.min(
      Number(listed.added_rows_count),
      Number(listed.existing_rows_count),
      Number(listed.deleted_rows_count),
    ) >= 0
  )
}

/** How many files and rows the entries of a manifest tell of. */
export type ManifestCounts = Pick<
  ManifestListEntry,
  | 'added_files_count'
  | 'existing_files_count'
  | 'deleted_files_count'
  | 'added_rows_count'
  | 'existing_rows_count'
  | 'deleted_rows_count'
>

export function countEntries(entries: readonly ManifestEntry[]): ManifestCounts {
  const files = (status: number): number => entries.filter((entry) => entry.status === status).length
  const rows = (status: number): number =>
    entries
      .filter((entry) => entry.status === status)
      .reduce((sum, entry) => sum + Number(entry.data_file.record_count), 0)
  return {
    added_files_count: files(entryStatus.added),
    existing_files_count: files(entryStatus.existing),
    deleted_files_count: files(entryStatus.deleted),
    added_rows_count: rows(entryStatus.added),
    existing_rows_count: rows(entryStatus.existing),
    deleted_rows_count: rows(entryStatus.deleted),
  }
}
