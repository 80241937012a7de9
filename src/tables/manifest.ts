import { decodeAvro, encodeAvro } from '../avro/index.ts'
import type { PartitionTuple, PartitionValue } from './data-file.ts'
import { avroName } from './avro-fields.ts'
import { manifestEntrySchema } from './manifest-schema.ts'
import { formatValue, parseValue } from './primitive-codec.ts'
import { typedPartitionFields, type TypedPartitionField } from './partition-tuples.ts'
import type { PartitionSpec, Schema } from './schema.ts'
import type { LongId } from './table-metadata.ts'

// The keys of entries are the specification's: https://iceberg.apache.org/spec/#manifests.

/** What became of a file in the snapshot that wrote the manifest. */
export const entryStatus = { existing: 0, added: 1, deleted: 2 } as const

/** A data file as a manifest tells of it. Written back unchanged when an entry is carried over. */
export interface ManifestFileEntry {
  readonly content: number
  readonly file_path: string
  readonly file_format: string
  /** By the spec's field names, in canonical form. */
  readonly partition: PartitionTuple
  readonly record_count: LongId
  readonly file_size_in_bytes: LongId
  readonly column_sizes: ByFieldId<LongId> | null
  readonly value_counts: ByFieldId<LongId> | null
  readonly null_value_counts: ByFieldId<LongId> | null
  readonly nan_value_counts: ByFieldId<LongId> | null
  readonly lower_bounds: ByFieldId<Uint8Array> | null
  readonly upper_bounds: ByFieldId<Uint8Array> | null
  readonly key_metadata: Uint8Array | null
  readonly split_offsets: readonly LongId[] | null
  readonly equality_ids: readonly number[] | null
  readonly sort_order_id: number | null
}

/** A map with integer keys, which Avro lacks. */
export type ByFieldId<Value> = readonly { readonly key: number; readonly value: Value }[]

/** An entry with what it inherits filled in. */
export interface ManifestEntry {
  readonly status: number
  readonly snapshot_id: LongId
  readonly sequence_number: LongId
  readonly file_sequence_number: LongId
  readonly data_file: ManifestFileEntry
}

/** A manifest's content. All its files were written under one schema and one spec. */
export interface Manifest {
  readonly schema: Schema
  readonly spec: PartitionSpec
  readonly entries: readonly ManifestEntry[]
}

/** Writes a manifest. Entries added by the snapshot being made leave their sequence numbers to be inherited. */
export function encodeManifest(manifest: Manifest, syncMarker: Uint8Array): Uint8Array {
  const fields = typedPartitionFields(manifest.spec, manifest.schema)
  const toRecord = partitionRecords(fields)
  const rows = manifest.entries.map((entry) => {
    const isAdded = entry.status === entryStatus.added
    return {
      status: entry.status,
      snapshot_id: entry.snapshot_id,
      sequence_number: isAdded ? null : entry.sequence_number,
      file_sequence_number: isAdded ? null : entry.file_sequence_number,
      data_file: { ...entry.data_file, partition: toRecord(entry.data_file.partition) },
    }
  })
  return encodeAvro(rows, {
    schema: manifestEntrySchema(fields),
    syncMarker,
    metadata: {
      schema: JSON.stringify(manifest.schema),
      'schema-id': String(manifest.schema['schema-id']),
      'partition-spec': JSON.stringify(manifest.spec.fields),
      'partition-spec-id': String(manifest.spec['spec-id']),
      'format-version': '2',
      content: 'data',
    },
  })
}

/** Reads a manifest; `inherited` is what the manifest list says of it. */
export function decodeManifest(
  bytes: Uint8Array,
  inherited: { snapshotId: LongId; sequenceNumber: LongId },
): Manifest {
  const { metadata, rows } = decodeAvro<StoredEntry>(bytes)
  const schema = JSON.parse(metadata['schema'] ?? '{}') as Schema
  const spec: PartitionSpec = {
    'spec-id': Number(metadata['partition-spec-id'] ?? 0),
    fields: JSON.parse(metadata['partition-spec'] ?? '[]') as PartitionSpec['fields'],
  }
  const schemaId = Number(metadata['schema-id'] ?? schema['schema-id'] ?? 0)
  const toTuple = partitionTuples(typedPartitionFields(spec, schema))
  return {
    schema: { ...schema, 'schema-id': schemaId },
    spec,
    entries: rows.map((row) => ({
      status: row.status,
      snapshot_id: row.snapshot_id ?? inherited.snapshotId,
      sequence_number: row.sequence_number ?? inherited.sequenceNumber,
      file_sequence_number: row.file_sequence_number ?? inherited.sequenceNumber,
      data_file: { ...row.data_file, partition: toTuple(row.data_file.partition) },
    })),
  }
}

interface StoredEntry {
  readonly status: number
  readonly snapshot_id: LongId | null
  readonly sequence_number: LongId | null
  readonly file_sequence_number: LongId | null
  readonly data_file: Omit<ManifestFileEntry, 'partition'> & {
    readonly partition: PartitionRecord
  }
}

type PartitionRecord = Readonly<Record<string, unknown>>

/** Avro wants 64-bit numbers and bytes where the tuple's JSON form has text. */
function partitionRecords(
  fields: readonly TypedPartitionField[],
): (tuple: PartitionTuple) => PartitionRecord {
  const columns = fields.map(({ name, type }) => ({ name, type, avroName: avroName(name) }))
  return (tuple) => {
    const record: Record<string, unknown> = {}
    for (const { name, type, avroName: key } of columns) {
      const value = tuple[name] ?? null
      const isStoredSo = value === null || (type !== 'long' && type !== 'uuid')
      record[key] = isStoredSo ? value : parseValue(type, value)
    }
    return record
  }
}

/** The inverse of {@link partitionRecords}. */
function partitionTuples(
  fields: readonly TypedPartitionField[],
): (record: PartitionRecord) => PartitionTuple {
  const columns = fields.map(({ name, type }) => ({ name, type, avroName: avroName(name) }))
  return (record) => {
    const tuple: Record<string, PartitionValue> = {}
    for (const { name, type, avroName: key } of columns) {
      const stored = (record[key] ?? null) as string | boolean | number | bigint | Buffer | null
      // Some writers give a day as a plain number, without Avro's logical type.
      if (stored === null) tuple[name] = null
      else if (typeof stored === 'string') tuple[name] = formatValue(type, parseValue(type, stored))
      else tuple[name] = formatValue(type, stored)
    }
    return tuple
  }
}
