import type { PartitionTuple } from './data-file.ts'
import { dataFileEntries } from './data-file-entry.ts'
import { encodeManifest, entryStatus, type Manifest, type ManifestEntry } from './manifest.ts'
import { encodeManifestList, type ManifestListEntry } from './manifest-list.ts'
import type { MetadataRequirement } from './metadata-requirements.ts'
import type { MetadataUpdate } from './metadata-updates.ts'
import { manifestsMatching, summarizePartitions } from './partition-summaries.ts'
import { matchesAny, tupleKey, typedPartitionFields } from './partition-tuples.ts'
import { summarizeSnapshot } from './snapshot-summary.ts'
import type { TableEdit } from './table-edit.ts'
import {
  currentSchema,
  currentSnapshot,
  currentSpec,
  type Snapshot,
  type TableMetadata,
} from './table-metadata.ts'

/** A manifest of the current snapshot, with its content where {@link contentsNeeded} asks for it. */
export interface LiveManifest {
  readonly listed: ManifestListEntry
  readonly content: Manifest | undefined
}

/** A metadata file that is to be written. */
export interface StagedFile {
  readonly uri: string
  readonly data: Uint8Array
  /** What decoding the file would give. */
  readonly content: unknown
}

/** A new snapshot, not yet written. */
export interface SnapshotPlan {
  readonly files: readonly StagedFile[]
  readonly requirements: readonly MetadataRequirement[]
  readonly updates: readonly MetadataUpdate[]
  readonly snapshot: Snapshot
  /** Every partition in which a file is added or removed. */
  readonly partitions: readonly PartitionTuple[]
}

/** What a plan takes from outside, so that planning stays pure. */
export interface PlanInputs {
  readonly snapshotId: number
  /** Names the attempt's files. */
  readonly commitId: string
  readonly nowMs: number
  /** Added to the snapshot's summary. */
  readonly summary: Readonly<Record<string, string>>
}

/** Manifests of fewer bytes are small; so many small ones are merged into one by the next commit. */
const smallManifestBytes = 1024 * 1024
const smallManifestsToMerge = 100

/** The manifests whose content {@link planCommit} must know: those with files that may go, and those that are due to be merged. */
export function contentsNeeded(
  metadata: TableMetadata,
  list: readonly ManifestListEntry[],
  edit: TableEdit,
): ReadonlySet<ManifestListEntry> {
  const small = list.filter((entry) => entry.manifest_length < smallManifestBytes)
  const touched = manifestsMatching(metadata, list, edit.removes)
  return new Set([...touched, ...(small.length >= smallManifestsToMerge ? small : [])])
}

/** Plans the snapshot that an edit makes of a table; undefined when the edit neither adds nor removes a file. */
export function planCommit(
  metadata: TableMetadata,
  live: readonly LiveManifest[],
  edit: TableEdit,
  inputs: PlanInputs,
): SnapshotPlan | undefined {
  const parent = currentSnapshot(metadata)
  const snapshotId = inputs.snapshotId
  const sequenceNumber = metadata['last-sequence-number'] + 1

  const isRemoved = (entry: ManifestEntry): boolean => matchesAny(entry.data_file.partition, edit.removes)
  const living = live.map(({ listed, content }) => ({
    listed,
    content: content && {
      ...content,
      entries: content.entries.filter(({ status }) => status !== entryStatus.deleted),
    },
  }))
  const touched = living.flatMap(({ content }) => (content?.entries.some(isRemoved) ? content : []))
  const untouched = living.filter(
    ({ listed, content }) => hasLiveFiles(listed) && !content?.entries.some(isRemoved),
  )
  const { kept, merged } = mergeSmall(untouched)

  const toEntry = dataFileEntries(metadata)
  const added = edit.adds.map((file): ManifestEntry => ({
    status: entryStatus.added,
    snapshot_id: snapshotId,
    sequence_number: sequenceNumber,
    file_sequence_number: sequenceNumber,
    data_file: toEntry(file),
  }))
  const removed = touched.flatMap(({ entries }) => entries.filter(isRemoved))
  if (added.length + removed.length === 0) return undefined

  const manifests: Manifest[] = [
    ...(added.length > 0
      ? [{ schema: currentSchema(metadata), spec: currentSpec(metadata), entries: added }]
      : []),
    ...touched.map((manifest) => ({
      ...manifest,
      entries: manifest.entries.map((entry) =>
        isRemoved(entry)
          ? { ...entry, status: entryStatus.deleted, snapshot_id: snapshotId }
          : { ...entry, status: entryStatus.existing },
      ),
    })),
    ...merged,
  ]
  const metadataFolder = `${metadata.location}/metadata`
  const syncMarker = Buffer.from(inputs.commitId.replaceAll('-', ''), 'hex')
  const manifestFiles = manifests.map((content, index) => ({
    uri: `${metadataFolder}/${inputs.commitId}-m${index}.avro`,
    data: encodeManifest(content, syncMarker),
    content,
  }))
  const list = [
    ...manifestFiles.map((file) => listManifest(file, { snapshotId, sequenceNumber })),
    ...kept.map(({ listed }) => listed),
  ]
  const snapshot: Snapshot = {
    'snapshot-id': snapshotId,
    ...(parent ? { 'parent-snapshot-id': parent['snapshot-id'] } : {}),
    'sequence-number': sequenceNumber,
    // No clock of another machine makes a child older than its parent.
    'timestamp-ms': Math.max(inputs.nowMs, parent?.['timestamp-ms'] ?? 0),
    'manifest-list': `${metadataFolder}/snap-${snapshotId}-1-${inputs.commitId}.avro`,
    summary: summarizeSnapshot({ parent, added, removed, list, extra: inputs.summary }),
    'schema-id': metadata['current-schema-id'],
  }
  return {
    files: [
      ...manifestFiles,
      { uri: snapshot['manifest-list'], data: encodeManifestList(list, snapshot, syncMarker), content: list },
    ],
    requirements: [
      { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': metadata['current-snapshot-id'] },
    ],
    updates: [
      { action: 'add-snapshot', snapshot },
      { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': snapshotId },
    ],
    snapshot,
    partitions: distinctTuples([...added, ...removed].map((entry) => entry.data_file.partition)),
  }
}

/** Small manifests become one per schema and spec once there are many; the rest are kept as they are. */
function mergeSmall(manifests: readonly LiveManifest[]): {
  kept: readonly LiveManifest[]
  merged: readonly Manifest[]
} {
  const small = manifests.filter(
    ({ listed, content }) => content && listed.manifest_length < smallManifestBytes,
  )
  if (small.length < smallManifestsToMerge) return { kept: manifests, merged: [] }
  const groups = Map.groupBy(
    small,
    ({ content }) => `${content!.schema['schema-id']}/${content!.spec['spec-id']}`,
  )
  return {
    kept: manifests.filter((manifest) => !small.includes(manifest)),
    merged: [...groups.values()].map((group) => ({
      ...group[0]!.content!,
      entries: group.flatMap(({ content }) =>
        content!.entries.map((entry) => ({ ...entry, status: entryStatus.existing })),
      ),
    })),
  }
}

function hasLiveFiles(listed: ManifestListEntry): boolean {
  return listed.added_files_count + listed.existing_files_count > 0
}

function listManifest(
  file: { uri: string; data: Uint8Array; content: Manifest },
  snapshot: { snapshotId: number; sequenceNumber: number },
): ManifestListEntry {
  const { entries, spec, schema } = file.content
  const live = entries.filter(({ status }) => status !== entryStatus.deleted)
  const files = (status: number): number => entries.filter((entry) => entry.status === status).length
  const rows = (status: number): number =>
    entries
      .filter((entry) => entry.status === status)
      .reduce((sum, entry) => sum + Number(entry.data_file.record_count), 0)
  return {
    manifest_path: file.uri,
    manifest_length: file.data.length,
    partition_spec_id: spec['spec-id'],
    content: 0,
    sequence_number: snapshot.sequenceNumber,
    min_sequence_number: live.reduce(
      (least, entry) => (entry.sequence_number < least ? entry.sequence_number : least),
      snapshot.sequenceNumber as number | bigint,
    ),
    added_snapshot_id: snapshot.snapshotId,
    added_files_count: files(entryStatus.added),
    existing_files_count: files(entryStatus.existing),
    deleted_files_count: files(entryStatus.deleted),
    added_rows_count: rows(entryStatus.added),
    existing_rows_count: rows(entryStatus.existing),
    deleted_rows_count: rows(entryStatus.deleted),
    partitions: summarizePartitions(
      typedPartitionFields(spec, schema),
      entries.map((entry) => entry.data_file.partition),
    ),
    key_metadata: null,
  }
}

function distinctTuples(tuples: readonly PartitionTuple[]): readonly PartitionTuple[] {
  const byKey = new Map(tuples.map((tuple) => [tupleKey(tuple), tuple]))
  return [...byKey.keys()].toSorted().map((key) => byKey.get(key)!)
}
