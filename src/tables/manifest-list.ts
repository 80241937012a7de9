import { decodeAvro, encodeAvro, type AvroSchema } from '../avro/index.ts'
import { optional, required } from './manifest.ts'
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
    schema: listSchema,
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

const summarySchema = {
  type: 'record',
  name: 'r508',
  fields: [
    required('contains_null', 509, 'boolean'),
    optional('contains_nan', 518, 'boolean'),
    optional('lower_bound', 510, 'bytes'),
    optional('upper_bound', 511, 'bytes'),
  ],
}

const listSchema: AvroSchema = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    required('manifest_path', 500, 'string'),
    required('manifest_length', 501, 'long'),
    required('partition_spec_id', 502, 'int'),
    required('content', 517, 'int'),
    required('sequence_number', 515, 'long'),
    required('min_sequence_number', 516, 'long'),
    required('added_snapshot_id', 503, 'long'),
    required('added_files_count', 504, 'int'),
    required('existing_files_count', 505, 'int'),
    required('deleted_files_count', 506, 'int'),
    required('added_rows_count', 512, 'long'),
    required('existing_rows_count', 513, 'long'),
    required('deleted_rows_count', 514, 'long'),
    optional('partitions', 507, { type: 'array', items: summarySchema, 'element-id': 508 }),
    optional('key_metadata', 519, 'bytes'),
  ],
}
