import { gunzipSync } from 'node:zlib'
import { NacreError, parseLossless, sha256 } from '../../base/index.ts'
import type { PartitionSpec, PartitionSpecField, Schema } from '../schema/schema.ts'
import { fieldIdsOf } from '../schema/schema-fields.ts'
import type { Snapshot, TableMetadata } from './table-metadata.ts'

/** Metadata as writers of versions 1 and 2 leave it: https://iceberg.apache.org/spec/#table-metadata-fields */
type StoredMetadata = Partial<Omit<TableMetadata, 'format-version'>> & {
  readonly 'format-version'?: unknown
  readonly schema?: Schema
  readonly 'partition-spec'?: readonly PartitionSpecField[]
}

/** The end of JavaScript's calendar, and its distance from the beginning. */
const latestMs = 8.64e15

const largestMetadataBytes = 1024 ** 3

/**
 * Reads metadata.json, gzipped or not, of format version 1 or 2; what version 1 lacks is filled in, so that the next commit
 * writes version 2. Throws NACRE_CORRUPT when it is none, NACRE_INPUT for another version.
 */
export function parseMetadata(data: Uint8Array | string, location: string): TableMetadata {
  let stored: StoredMetadata
  try {
    const isGzip = typeof data !== 'string' && data[0] === 0x1f && data[1] === 0x8b
    const bytes = isGzip ? gunzipSync(data, { maxOutputLength: largestMetadataBytes }) : data
    stored = parseLossless(
      typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString(),
    ) as StoredMetadata
  } catch (cause) {
    throw corrupt(location, `is not JSON: ${(cause as Error).message}`, cause)
  }
  if (typeof stored !== 'object' || stored === null) throw corrupt(location, 'is no object')
  const version = stored['format-version']
  if (version === 1 || version === 2) return checkParts(complete(stored, location), location)
  throw new NacreError(
    typeof version === 'number' && version > 2 ? 'NACRE_INPUT' : 'NACRE_CORRUPT',
    `${location} has format version ${String(version)}; versions 1 and 2 are read. Rewrite the table as version 2 with the engine that wrote it.`,
  )
}

function complete(stored: StoredMetadata, location: string): TableMetadata {
  const {
    schema,
    'partition-spec': fields,
    'current-snapshot-id': currentId,
    'format-version': _,
    ...rest
  } = stored
  const schemas = stored.schemas ?? (schema ? [{ ...schema, 'schema-id': schema['schema-id'] ?? 0 }] : [])
  const specs = (stored['partition-specs'] ?? (fields ? [{ 'spec-id': 0, fields }] : [])).map(withFieldIds)
  // Some writers say -1, or nothing, where there is no snapshot.
  const current = (currentId ?? -1) === -1 ? null : currentId!
  return {
    ...rest,
    'format-version': 2,
    // Version 1 may lack one; it must be the same whenever the file is read.
    'table-uuid': stored['table-uuid'] ?? uuidOf(location),
    location: String(stored.location ?? '').replace(/\/+$/, ''),
    'last-sequence-number': stored['last-sequence-number'] ?? 0,
    'last-updated-ms': stored['last-updated-ms'] ?? 0,
    'last-column-id': stored['last-column-id'] ?? Math.max(0, ...schemas.flatMap(fieldIdsOf)),
    schemas,
    'current-schema-id': stored['current-schema-id'] ?? schema?.['schema-id'] ?? 0,
    'partition-specs': specs,
    'default-spec-id': stored['default-spec-id'] ?? 0,
    'last-partition-id':
      stored['last-partition-id'] ??
      Math.max(999, ...specs.flatMap((spec) => spec.fields.map((field) => field['field-id']))),
    'sort-orders': stored['sort-orders'] ?? [{ 'order-id': 0, fields: [] }],
    'default-sort-order-id': stored['default-sort-order-id'] ?? 0,
    properties: stored.properties ?? {},
    'current-snapshot-id': current,
    refs: {
      ...(current === null ? {} : { main: { 'snapshot-id': current, type: 'branch' } }),
      ...stored.refs,
    },
    snapshots: (stored.snapshots ?? []).map((snapshot): Snapshot => ({
      ...snapshot,
      'sequence-number': snapshot['sequence-number'] ?? 0,
      summary: snapshot.summary ?? {},
    })),
    'snapshot-log': stored['snapshot-log'] ?? [],
    'metadata-log': stored['metadata-log'] ?? [],
  }
}

/** Version 1 gives ids by position. */
function withFieldIds(spec: PartitionSpec): PartitionSpec {
  return {
    ...spec,
    fields: spec.fields.map((field, index) => ({ ...field, 'field-id': field['field-id'] ?? 1000 + index })),
  }
}

function uuidOf(location: string): string {
  return sha256(location).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5')
}

/** The parts without which nothing of the table can be told. */
function checkParts(metadata: TableMetadata, location: string): TableMetadata {
  if (metadata.location === '') throw corrupt(location, 'has no location')
  const currentSchema = metadata.schemas.find(
    (schema) => schema['schema-id'] === metadata['current-schema-id'],
  )
  if (!Array.isArray(currentSchema?.fields))
    throw corrupt(location, `lacks its current schema, ${metadata['current-schema-id']}`)
  if (!metadata['partition-specs'].some((spec) => spec['spec-id'] === metadata['default-spec-id']))
    throw corrupt(location, `lacks its default partition spec, ${metadata['default-spec-id']}`)
  const snapshots = new Set(metadata.snapshots.map((snapshot) => snapshot['snapshot-id']))
  const current = metadata['current-snapshot-id']
  if (current !== null && !snapshots.has(current))
    throw corrupt(location, `lacks its current snapshot, ${current}`)
  const inline = metadata.snapshots.find((snapshot) => typeof snapshot['manifest-list'] !== 'string')
  if (inline)
    throw corrupt(
      location,
      `has snapshot ${inline['snapshot-id']} without a manifest list, as the oldest tables of format version 1 do; rewrite it with the engine that wrote it`,
    )
  const undated = metadata.snapshots.find(({ 'timestamp-ms': time }) => !(Math.abs(time) <= latestMs))
  if (undated)
    throw corrupt(
      location,
      `cannot be read: its snapshot ${undated['snapshot-id']} is dated ${undated['timestamp-ms']}, which is no time in milliseconds`,
    )
  return metadata
}

function corrupt(location: string, what: string, cause?: unknown): NacreError {
  return new NacreError('NACRE_CORRUPT', `Table metadata ${location} ${what}.`, {
    details: { file: location },
    ...(cause === undefined ? {} : { cause }),
  })
}
