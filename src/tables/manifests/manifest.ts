import { decodeAvro, encodeAvro, type AvroSchema } from '../../avro/index.ts'
import { alignAvro } from './align-avro.ts'
import type { PartitionTuple, PartitionValue } from './data-file.ts'
import { avroName } from './avro-fields.ts'
import { manifestEntrySchema } from './manifest-schema.ts'
import { formatValue, parseValue, type StoredValue } from '../schema/primitive-codec.ts'
import { knownPartitionFields, typedPartitionFields, type TypedPartitionField } from './partition-tuples.ts'
import type { PartitionSpec, PrimitiveType, Schema } from '../schema/schema.ts'
import type { LongId } from '../metadata/table-metadata.ts'

// The keys of entries are the specification's: https://iceberg.apache.org/spec/#manifests.

/** What became of a file in the snapshot that wrote the manifest. */
export const entryStatus = { existing: 0, added: 1, deleted: 2 } as const

/** A data file, or with `content` 1 or 2 a delete file, as a manifest tells of it. Written back unchanged when an entry is carried over. */
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
  /** Of a delete file: the only data file whose rows it names. */
  readonly referenced_data_file?: string | null
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
  const isOfDeletes = manifest.entries.some((entry) => entry.data_file.content !== 0)
  const toRecord = partitionRecords(fields)
  const rows = manifest.entries.map((entry) => {
    const isAdded = entry.status === entryStatus.added
    const file = { ...entry.data_file, partition: toRecord(entry.data_file.partition) }
    return {
      status: entry.status,
      snapshot_id: entry.snapshot_id,
      sequence_number: isAdded ? null : entry.sequence_number,
      file_sequence_number: isAdded ? null : entry.file_sequence_number,
      data_file: isOfDeletes ? { ...file, referenced_data_file: file.referenced_data_file ?? null } : file,
    }
  })
  return encodeAvro(rows, {
    schema: manifestEntrySchema(fields, { isOfDeletes }),
    syncMarker,
    metadata: {
      schema: JSON.stringify(manifest.schema),
      'schema-id': String(manifest.schema['schema-id']),
      'partition-spec': JSON.stringify(manifest.spec.fields),
      'partition-spec-id': String(manifest.spec['spec-id']),
      'format-version': '2',
      content: isOfDeletes ? 'deletes' : 'data',
    },
  })
}

/** Reads a manifest of format version 1 or 2; `inherited` is what the manifest list says of it. */
export function decodeManifest(
  bytes: Uint8Array,
  inherited: { snapshotId: LongId; sequenceNumber: LongId },
): Manifest {
  const { metadata, rows, schema: written } = decodeAvro<StoredEntry>(bytes)
  const schema = JSON.parse(metadata['schema'] ?? '{}') as Schema
  const spec: PartitionSpec = {
    'spec-id': Number(metadata['partition-spec-id'] ?? 0),
    fields: JSON.parse(metadata['partition-spec'] ?? '[]') as PartitionSpec['fields'],
  }
  const schemaId = Number(metadata['schema-id'] ?? schema['schema-id'] ?? 0)
  const toTuple = partitionTuples(spec, schema)
  const align = alignAvro(written, wantedSchema(spec)) as ((row: StoredEntry) => StoredEntry) | undefined
  return {
    schema: { ...schema, 'schema-id': schemaId },
    spec,
    entries: rows.map((given) => {
      const row = align?.(given) ?? given
      return {
        status: row.status,
        snapshot_id: row.snapshot_id ?? inherited.snapshotId,
        sequence_number: row.sequence_number ?? inherited.sequenceNumber,
        file_sequence_number: row.file_sequence_number ?? inherited.sequenceNumber,
        data_file: {
          ...row.data_file,
          content: row.data_file.content ?? 0,
          partition: toTuple(row.data_file.partition),
        },
      }
    }),
  }
}

/** What fields are found by; of the partition's only names and ids count. */
function wantedSchema(spec: PartitionSpec): AvroSchema {
  const fields = spec.fields.map((field, position) => ({
    ...field,
    type: 'string' as const,
    sourceType: 'string' as const,
    parsed: { kind: 'identity' as const },
    position,
  }))
  return manifestEntrySchema(fields, { isOfDeletes: true })
}

interface StoredEntry {
  readonly status: number
  readonly snapshot_id: LongId | null
  readonly sequence_number: LongId | null
  readonly file_sequence_number: LongId | null
  readonly data_file: Omit<ManifestFileEntry, 'partition' | 'content'> & {
    readonly content: number | null
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
      const isStoredSo = value === null || !/^(long|uuid|binary|fixed)/.test(type)
      record[key] = isStoredSo ? value : parseValue(type, value)
    }
    return record
  }
}

/** The inverse of {@link partitionRecords}. Values that mean nothing to us are kept as they stand. */
function partitionTuples(spec: PartitionSpec, schema: Schema): (record: PartitionRecord) => PartitionTuple {
  const known = knownPartitionFields(spec, schema.fields === undefined ? [] : [schema])
  const columns = spec.fields.map(({ name, 'field-id': id }) => ({
    name,
    type: known.find((field) => field['field-id'] === id)?.type,
    avroName: avroName(name),
  }))
  return (record) => {
    const tuple: Record<string, PartitionValue> = {}
    for (const { name, type, avroName: key } of columns) {
      const stored = (record[key] ?? null) as string | boolean | number | bigint | Buffer | null
      tuple[name] =
        stored === null ? null : type === undefined ? plainValue(stored) : typedValue(type, stored)
    }
    return tuple
  }
}

function typedValue(type: PrimitiveType, stored: StoredValue): PartitionValue {
  // Some writers give a day as a plain number, without Avro's logical type.
  return formatValue(type, typeof stored === 'string' ? parseValue(type, stored) : stored)
}

function plainValue(stored: StoredValue): PartitionValue {
  if (Buffer.isBuffer(stored)) return stored.toString('hex')
  return typeof stored === 'bigint' ? String(stored) : stored
}
