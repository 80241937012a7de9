import { randomUUID } from 'node:crypto'
import type { Store } from '../../src/storage/index.ts'
import type { DataFile, LoadedTable, TableUpdates } from '../../src/tables/index.ts'
import { dataFileEntries } from '../../src/tables/manifests/data-file-entry.ts'
import { encodeManifest, type ManifestEntry } from '../../src/tables/manifests/manifest.ts'
import {
  decodeManifestList,
  encodeManifestList,
  type ManifestListEntry,
} from '../../src/tables/manifests/manifest-list.ts'
import {
  currentSchema,
  currentSnapshot,
  currentSpec,
  type LongId,
} from '../../src/tables/metadata/table-metadata.ts'

/** What an outside engine writes otherwise than it should. */
export interface Deviations {
  readonly snapshotId?: LongId
  readonly snapshot?: object
  readonly entry?: (entry: ManifestEntry) => ManifestEntry
  readonly listed?: Partial<ManifestListEntry>
  readonly branch?: string
}

/** Appends files the way an outside engine does: it writes a manifest and a list, and gives the commit to be sent. */
export async function foreignAppend(
  store: Store,
  { name, metadata }: LoadedTable,
  files: readonly DataFile[],
  {
    snapshotId = Math.floor(Math.random() * 2 ** 50) + 1,
    snapshot,
    entry,
    listed,
    branch = 'main',
  }: Deviations = {},
): Promise<TableUpdates> {
  const parent = currentSnapshot(metadata)
  const sequence = metadata['last-sequence-number'] + 1
  const toEntry = dataFileEntries(metadata)
  const entries = files
    .map((file): ManifestEntry => ({
      status: 1,
      snapshot_id: snapshotId,
      sequence_number: sequence,
      file_sequence_number: sequence,
      data_file: toEntry(file),
    }))
    .map(entry ?? ((one) => one))
  const sync = Buffer.alloc(16, 7)
  const folder = `${metadata.location}/metadata`
  const manifestUri = `${folder}/${randomUUID()}-m0.avro`
  const manifest = encodeManifest(
    { schema: currentSchema(metadata), spec: currentSpec(metadata), entries },
    sync,
  )
  await store.writeIfAbsent(manifestUri, manifest)
  const own: ManifestListEntry = {
    manifest_path: manifestUri,
    manifest_length: manifest.length,
    partition_spec_id: metadata['default-spec-id'],
    content: 0,
    sequence_number: sequence,
    min_sequence_number: sequence,
    added_snapshot_id: snapshotId,
    added_files_count: entries.length,
    existing_files_count: 0,
    deleted_files_count: 0,
    added_rows_count: files.reduce((sum, file) => sum + file.rowCount, 0),
    existing_rows_count: 0,
    deleted_rows_count: 0,
    partitions: null,
    key_metadata: null,
    ...listed,
  }
  const kept = parent ? decodeManifestList(await store.read(parent['manifest-list'])) : []
  const made = {
    'snapshot-id': snapshotId,
    ...(parent ? { 'parent-snapshot-id': parent['snapshot-id'] } : {}),
    'sequence-number': sequence,
    'timestamp-ms': Date.now(),
    'manifest-list': `${folder}/snap-${randomUUID()}.avro`,
    summary: { operation: 'append', 'added-records': String(own.added_rows_count) },
    'schema-id': metadata['current-schema-id'],
    ...snapshot,
  }
  const list = `${folder}/${made['manifest-list'].split('/').at(-1)}`
  await store.writeIfAbsent(list, encodeManifestList([own, ...kept], made, sync))
  return {
    table: name,
    requirements: [
      { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
      ...(branch === 'main'
        ? [
            {
              type: 'assert-ref-snapshot-id' as const,
              ref: 'main',
              'snapshot-id': metadata['current-snapshot-id'],
            },
          ]
        : []),
    ],
    updates: [
      { action: 'add-snapshot', snapshot: made },
      { action: 'set-snapshot-ref', 'ref-name': branch, type: 'branch', 'snapshot-id': snapshotId },
    ],
  }
}
