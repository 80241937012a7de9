import { decodeAvro, encodeAvro } from '../avro/index.ts'
import { manifestListSchema } from './manifest-schema.ts'
import type { Snapshot, LongId } from './table-metadata.ts'

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

/** Reads the list of a snapshot's manifests. */
export function decodeManifestList(bytes: Uint8Array): readonly ManifestListEntry[] {
  return decodeAvro<ManifestListEntry>(bytes).rows
}
