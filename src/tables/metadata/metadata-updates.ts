import { checkMetadata } from './check-metadata.ts'
import type { UnboundSpec } from '../schema/parse-schema.ts'
import type { Schema } from '../schema/schema.ts'
import type {
  LongId,
  Snapshot,
  SnapshotRef,
  SortOrder,
  StatisticsFile,
  TableMetadata,
} from './table-metadata.ts'
import {
  addSchema,
  addSortOrder,
  addSpec,
  removeSchemas,
  removeSpecs,
  resolveId,
} from './update-definitions.ts'
import {
  addSnapshot,
  removeSnapshotRef,
  removeSnapshots,
  setSnapshotRef,
  snapshotLogAfter,
} from './update-snapshots.ts'
import { refuse } from './refuse.ts'

/** One change to a table's metadata, in the words of Iceberg's REST catalog. In place of an id, -1 means the last one added. */
export type MetadataUpdate =
  | { readonly action: 'assign-uuid'; readonly uuid: string }
  | { readonly action: 'upgrade-format-version'; readonly 'format-version': number }
  | { readonly action: 'add-schema'; readonly schema: Schema }
  | { readonly action: 'set-current-schema'; readonly 'schema-id': number }
  | { readonly action: 'add-spec'; readonly spec: UnboundSpec }
  | { readonly action: 'set-default-spec'; readonly 'spec-id': number }
  | { readonly action: 'add-sort-order'; readonly 'sort-order': SortOrder }
  | { readonly action: 'set-default-sort-order'; readonly 'sort-order-id': number }
  | { readonly action: 'add-snapshot'; readonly snapshot: Snapshot }
  | ({ readonly action: 'set-snapshot-ref'; readonly 'ref-name': string } & SnapshotRef)
  | { readonly action: 'remove-snapshot-ref'; readonly 'ref-name': string }
  | { readonly action: 'remove-snapshots'; readonly 'snapshot-ids': readonly LongId[] }
  | { readonly action: 'set-location'; readonly location: string }
  | { readonly action: 'set-properties'; readonly updates: Readonly<Record<string, string>> }
  | { readonly action: 'remove-properties'; readonly removals: readonly string[] }
  | { readonly action: 'set-statistics'; readonly statistics: StatisticsFile }
  | { readonly action: 'remove-statistics'; readonly 'snapshot-id': LongId }
  | { readonly action: 'set-partition-statistics'; readonly 'partition-statistics': StatisticsFile }
  | { readonly action: 'remove-partition-statistics'; readonly 'snapshot-id': LongId }
  | { readonly action: 'remove-partition-specs'; readonly 'spec-ids': readonly number[] }
  | { readonly action: 'remove-schemas'; readonly 'schema-ids': readonly number[] }

/** Metadata while updates are applied to it, with the ids that -1 stands for. */
export interface Draft {
  readonly metadata: TableMetadata
  readonly lastSchemaId?: number | undefined
  readonly lastSpecId?: number | undefined
  readonly lastSortOrderId?: number | undefined
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
 * The metadata after the updates. Throws NACRE_INPUT for updates that contradict the table or each other, NACRE_COMMIT_CONFLICT
 * for a snapshot that was made before another one landed.
 * @param previous where the metadata given lies; undefined when the table is being created.
 */
export function applyUpdates(
  metadata: TableMetadata,
  updates: readonly MetadataUpdate[],
  options: { nowMs: number; previous: string | undefined },
): TableMetadata {
  const isNew = options.previous === undefined
  const draft = updates.reduce<Draft>((current, update) => applyUpdate(current, update, isNew), { metadata })
  const log = snapshotLogAfter(metadata, draft.metadata, options.nowMs)
  const updated = { ...draft.metadata, 'snapshot-log': log }
  checkMetadata(updated)
  const kept = Number(updated.properties['write.metadata.previous-versions-max'] ?? defaultPreviousVersions)
  const entry = { 'timestamp-ms': metadata['last-updated-ms'], 'metadata-file': options.previous ?? '' }
  return {
    ...updated,
    // Clocks of several machines differ; readers want times that never go back.
    'last-updated-ms': Math.max(
      options.nowMs,
      metadata['last-updated-ms'],
      log.at(-1)?.['timestamp-ms'] ?? 0,
    ),
    'metadata-log': isNew
      ? []
      : [...metadata['metadata-log'], entry].slice(
          -Math.max(1, Number.isInteger(kept) ? kept : defaultPreviousVersions),
        ),
  }
}

function applyUpdate(draft: Draft, update: MetadataUpdate, isNew: boolean): Draft {
  const { metadata } = draft
  const set = (parts: Partial<TableMetadata>): Draft => ({ ...draft, metadata: { ...metadata, ...parts } })
  switch (update.action) {
    case 'assign-uuid':
      if (!isNew && update.uuid.toLowerCase() !== metadata['table-uuid'].toLowerCase())
        refuse(`The table's uuid is ${metadata['table-uuid']} and stays so; it cannot become ${update.uuid}.`)
      return set({ 'table-uuid': update.uuid })
    case 'upgrade-format-version':
      return update['format-version'] <= 2 &&
        (isNew || update['format-version'] === 2) &&
        update['format-version'] > 0
        ? draft
        : refuse(
            `Format version ${update['format-version']} is not supported: tables here are of version 2. Ask for format-version 2.`,
          )
    case 'add-schema':
      return addSchema(draft, update.schema)
    case 'set-current-schema': {
      const id = resolveId(
        'schema',
        update['schema-id'],
        draft.lastSchemaId,
        metadata.schemas.map((schema) => schema['schema-id']),
      )
      return set({ 'current-schema-id': id })
    }
    case 'add-spec':
      return addSpec(draft, update.spec)
    case 'set-default-spec': {
      const id = resolveId(
        'partition spec',
        update['spec-id'],
        draft.lastSpecId,
        metadata['partition-specs'].map((spec) => spec['spec-id']),
      )
      return set({ 'default-spec-id': id })
    }
    case 'add-sort-order':
      return addSortOrder(draft, update['sort-order'])
    case 'set-default-sort-order': {
      const id = resolveId(
        'sort order',
        update['sort-order-id'],
        draft.lastSortOrderId,
        metadata['sort-orders'].map((order) => order['order-id']),
      )
      return set({ 'default-sort-order-id': id })
    }
    case 'add-snapshot':
      return set(addSnapshot(metadata, update.snapshot))
    case 'set-snapshot-ref': {
      const { action: _, 'ref-name': name, ...ref } = update
      return set(setSnapshotRef(metadata, name, ref))
    }
    case 'remove-snapshot-ref':
      return set(removeSnapshotRef(metadata, update['ref-name']))
    case 'remove-snapshots':
      return set(removeSnapshots(metadata, update['snapshot-ids']))
    case 'set-location':
      return set({ location: update.location.replace(/\/+$/, '') })
    case 'set-properties':
      return set({ properties: { ...metadata.properties, ...update.updates } })
    case 'remove-properties':
      return set({
        properties: Object.fromEntries(
          Object.entries(metadata.properties).filter(([key]) => !update.removals.includes(key)),
        ),
      })
    case 'set-statistics':
      return set({
        statistics: [...otherThan(metadata.statistics, update.statistics['snapshot-id']), update.statistics],
      })
    case 'remove-statistics':
      return set({ statistics: otherThan(metadata.statistics, update['snapshot-id']) })
    case 'set-partition-statistics': {
      const added = update['partition-statistics']
      return set({
        'partition-statistics': [...otherThan(metadata['partition-statistics'], added['snapshot-id']), added],
      })
    }
    case 'remove-partition-statistics':
      return set({
        'partition-statistics': otherThan(metadata['partition-statistics'], update['snapshot-id']),
      })
    case 'remove-partition-specs':
      return set(removeSpecs(metadata, update['spec-ids']))
    case 'remove-schemas':
      return set(removeSchemas(metadata, update['schema-ids']))
  }
}

function otherThan(files: readonly StatisticsFile[] = [], snapshotId: LongId): readonly StatisticsFile[] {
  return files.filter((file) => file['snapshot-id'] !== snapshotId)
}
