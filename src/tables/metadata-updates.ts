import { isDeepStrictEqual } from 'node:util'
import { NacreError } from '../base/index.ts'
import type { PartitionSpec, Schema } from './schema.ts'
import { fieldIdsOf } from './schema-fields.ts'
import type { LongId, Snapshot, SortOrder, TableMetadata } from './table-metadata.ts'

/** One change to a table's metadata, in the words of Iceberg's REST catalog. In place of an id, -1 means the last one added. */
export type MetadataUpdate =
  | { readonly action: 'add-schema'; readonly schema: Schema }
  | { readonly action: 'set-current-schema'; readonly 'schema-id': number }
  | { readonly action: 'add-spec'; readonly spec: PartitionSpec }
  | { readonly action: 'set-default-spec'; readonly 'spec-id': number }
  | { readonly action: 'add-sort-order'; readonly 'sort-order': SortOrder }
  | { readonly action: 'set-default-sort-order'; readonly 'sort-order-id': number }
  | { readonly action: 'set-properties'; readonly updates: Readonly<Record<string, string>> }
  | { readonly action: 'remove-properties'; readonly removals: readonly string[] }
  | { readonly action: 'add-snapshot'; readonly snapshot: Snapshot }
  | {
      readonly action: 'set-snapshot-ref'
      readonly 'ref-name': string
      readonly type: 'branch' | 'tag'
      readonly 'snapshot-id': LongId
    }

/** Metadata of a table without columns: what the updates that create one are applied to. */
export function emptyMetadata(uuid: string, location: string): TableMetadata {
  return {
    'format-version': 2,
    'table-uuid': uuid,
    location,
    'last-sequence-number': 0,
    'last-updated-ms': 0,
    'last-column-id': 0,
    schemas: [],
    'current-schema-id': -1,
    'partition-specs': [],
    'default-spec-id': -1,
    'last-partition-id': 999,
    'sort-orders': [],
    'default-sort-order-id': -1,
    properties: {},
    'current-snapshot-id': null,
    refs: {},
    snapshots: [],
    'snapshot-log': [],
    'metadata-log': [],
  }
}

/** How many former metadata files the log names unless `write.metadata.previous-versions-max` says otherwise. */
const defaultPreviousVersions = 100

/**
 * The metadata after the updates.
 * @param previous where the metadata given lies; undefined when the table is being created.
 */
export function applyUpdates(
  metadata: TableMetadata,
  updates: readonly MetadataUpdate[],
  options: { nowMs: number; previous: string | undefined },
): TableMetadata {
  const updated = updates.reduce((current, update) => applyUpdate(current, update), metadata)
  const kept = Number(updated.properties['write.metadata.previous-versions-max'] ?? defaultPreviousVersions)
  const entry = { 'timestamp-ms': metadata['last-updated-ms'], 'metadata-file': options.previous ?? '' }
  return {
    ...updated,
    // Clocks of several machines differ; readers want times that never go back.
    'last-updated-ms': Math.max(options.nowMs, metadata['last-updated-ms']),
    'metadata-log':
      options.previous === undefined ? [] : [...metadata['metadata-log'], entry].slice(-Math.max(1, kept)),
  }
}

function applyUpdate(metadata: TableMetadata, update: MetadataUpdate): TableMetadata {
  switch (update.action) {
    case 'add-schema': {
      const { 'schema-id': _, ...content } = update.schema
      const known = metadata.schemas.find(({ 'schema-id': _id, ...other }) =>
        isDeepStrictEqual(other, content),
      )
      const others = metadata.schemas.filter((schema) => schema !== known)
      const id =
        known?.['schema-id'] ?? 1 + Math.max(-1, ...metadata.schemas.map((schema) => schema['schema-id']))
      return {
        ...metadata,
        schemas: [...others, { ...content, 'schema-id': id }],
        'last-column-id': Math.max(metadata['last-column-id'], ...fieldIdsOf(update.schema)),
      }
    }
    case 'set-current-schema':
      return {
        ...metadata,
        'current-schema-id': resolveId(update['schema-id'], metadata.schemas, 'schema-id'),
      }
    case 'add-spec': {
      const id = 1 + Math.max(-1, ...metadata['partition-specs'].map((spec) => spec['spec-id']))
      return {
        ...metadata,
        'partition-specs': [...metadata['partition-specs'], { ...update.spec, 'spec-id': id }],
        'last-partition-id': Math.max(
          metadata['last-partition-id'],
          ...update.spec.fields.map((field) => field['field-id']),
        ),
      }
    }
    case 'set-default-spec':
      return {
        ...metadata,
        'default-spec-id': resolveId(update['spec-id'], metadata['partition-specs'], 'spec-id'),
      }
    case 'add-sort-order': {
      const { fields } = update['sort-order']
      const orders = metadata['sort-orders'].filter((order) => !isDeepStrictEqual(order.fields, fields))
      const known = metadata['sort-orders'].find((order) => isDeepStrictEqual(order.fields, fields))
      // Order 0 is the unsorted one, by the specification.
      const next =
        fields.length === 0
          ? 0
          : 1 + Math.max(0, ...metadata['sort-orders'].map((order) => order['order-id']))
      return { ...metadata, 'sort-orders': [...orders, known ?? { 'order-id': next, fields }] }
    }
    case 'set-default-sort-order':
      return {
        ...metadata,
        'default-sort-order-id': resolveId(update['sort-order-id'], metadata['sort-orders'], 'order-id'),
      }
    case 'set-properties':
      return { ...metadata, properties: { ...metadata.properties, ...update.updates } }
    case 'remove-properties':
      return {
        ...metadata,
        properties: Object.fromEntries(
          Object.entries(metadata.properties).filter(([key]) => !update.removals.includes(key)),
        ),
      }
    case 'add-snapshot':
      return addSnapshot(metadata, update.snapshot)
    case 'set-snapshot-ref':
      return setSnapshotRef(metadata, update)
  }
}

function addSnapshot(metadata: TableMetadata, snapshot: Snapshot): TableMetadata {
  if (metadata.snapshots.some((other) => other['snapshot-id'] === snapshot['snapshot-id']))
    throw new NacreError('NACRE_CONFLICT', `Snapshot ${snapshot['snapshot-id']} exists already.`)
  if (snapshot['sequence-number'] <= metadata['last-sequence-number'])
    throw new NacreError(
      'NACRE_COMMIT_CONFLICT',
      `Snapshot ${snapshot['snapshot-id']} has sequence number ${snapshot['sequence-number']}, but the table is at ${metadata['last-sequence-number']}. Load the table again and retry.`,
    )
  return {
    ...metadata,
    snapshots: [...metadata.snapshots, snapshot],
    'last-sequence-number': snapshot['sequence-number'],
  }
}

function setSnapshotRef(
  metadata: TableMetadata,
  update: Extract<MetadataUpdate, { action: 'set-snapshot-ref' }>,
): TableMetadata {
  const id = update['snapshot-id']
  const snapshot = metadata.snapshots.find((candidate) => candidate['snapshot-id'] === id)
  if (!snapshot)
    throw new NacreError(
      'NACRE_INPUT',
      `Reference '${update['ref-name']}' names snapshot ${id}, which does not exist.`,
    )
  const refs = { ...metadata.refs, [update['ref-name']]: { 'snapshot-id': id, type: update.type } }
  if (update['ref-name'] !== 'main') return { ...metadata, refs }
  const entry = { 'timestamp-ms': snapshot['timestamp-ms'], 'snapshot-id': id }
  return {
    ...metadata,
    refs,
    'current-snapshot-id': id,
    'snapshot-log': [...metadata['snapshot-log'], entry],
  }
}

function resolveId<Key extends string>(
  id: number,
  parts: readonly (Readonly<Record<Key, number>> | object)[],
  key: Key,
): number {
  const ids = parts.map((part) => (part as Readonly<Record<Key, number>>)[key])
  const resolved = id === -1 ? ids.at(-1) : id
  if (resolved === undefined || !ids.includes(resolved))
    throw new NacreError('NACRE_INPUT', `The update sets ${key} ${id}, which the table does not have.`)
  return resolved
}
