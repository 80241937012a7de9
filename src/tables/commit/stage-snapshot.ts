import type { PartitionTuple } from '../manifests/data-file.ts'
import { encodeManifest, entryStatus, type Manifest } from '../manifests/manifest.ts'
import { countEntries, encodeManifestList, type ManifestListEntry } from '../manifests/manifest-list.ts'
import type { MetadataRequirement } from '../metadata/metadata-requirements.ts'
import type { MetadataUpdate } from '../metadata/metadata-updates.ts'
import { summarizePartitions } from '../manifests/partition-summaries.ts'
import { tupleKey, typedPartitionFields } from '../manifests/partition-tuples.ts'
import type { Snapshot, TableMetadata } from '../metadata/table-metadata.ts'

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
  /** The branch that moves to the snapshot, such as `main`. */
  readonly branch: string
  /** Added to the snapshot's summary. */
  readonly summary: Readonly<Record<string, string>>
}

/** What a snapshot consists of. */
export interface SnapshotContent {
  /** The state it follows; null for the first. */
  readonly parent: Snapshot | null
  /** Manifests that are written anew. */
  readonly manifests: readonly Manifest[]
  /** Those of the parent that stay as they are. */
  readonly kept: readonly ManifestListEntry[]
  readonly summarize: (list: readonly ManifestListEntry[]) => Readonly<Record<string, string>>
  readonly partitions: readonly PartitionTuple[]
}

/** The sequence number of the next snapshot. */
export function nextSequenceNumber(metadata: TableMetadata): number {
  return metadata['last-sequence-number'] + 1
}

/** Encodes a snapshot's manifests and list, and says what makes it the state of its branch. */
export function stageSnapshot(
  metadata: TableMetadata,
  { parent, manifests, kept, summarize, partitions }: SnapshotContent,
  { snapshotId, commitId, nowMs, branch }: PlanInputs,
): SnapshotPlan {
  const sequenceNumber = nextSequenceNumber(metadata)
  const metadataFolder = `${metadata.location}/metadata`
  const syncMarker = Buffer.from(commitId.replaceAll('-', ''), 'hex')
  const manifestFiles = manifests.map((content, index) => ({
    uri: `${metadataFolder}/${commitId}-m${index}.avro`,
    data: encodeManifest(content, syncMarker),
    content,
  }))
  const list = [...manifestFiles.map((file) => listManifest(file, { snapshotId, sequenceNumber })), ...kept]
  const snapshot: Snapshot = {
    'snapshot-id': snapshotId,
    ...(parent ? { 'parent-snapshot-id': parent['snapshot-id'] } : {}),
    'sequence-number': sequenceNumber,
    // No clock of another machine makes a child older than its parent.
    'timestamp-ms': Math.max(nowMs, parent?.['timestamp-ms'] ?? 0),
    'manifest-list': `${metadataFolder}/snap-${snapshotId}-1-${commitId}.avro`,
    summary: summarize(list),
    'schema-id': metadata['current-schema-id'],
  }
  return {
    files: [
      ...manifestFiles,
      { uri: snapshot['manifest-list'], data: encodeManifestList(list, snapshot, syncMarker), content: list },
    ],
    requirements: [
      { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
      { type: 'assert-ref-snapshot-id', ref: branch, 'snapshot-id': parent?.['snapshot-id'] ?? null },
    ],
    updates: [
      { action: 'add-snapshot', snapshot },
      {
        action: 'set-snapshot-ref',
        ...metadata.refs[branch],
        'ref-name': branch,
        type: 'branch',
        'snapshot-id': snapshotId,
      },
    ],
    snapshot,
    partitions,
  }
}

/** Each tuple once, in the order of their texts. */
export function distinctTuples(tuples: readonly PartitionTuple[]): readonly PartitionTuple[] {
  const byKey = new Map(tuples.map((tuple) => [tupleKey(tuple), tuple]))
  return [...byKey.keys()].toSorted().map((key) => byKey.get(key)!)
}

function listManifest(
  file: { uri: string; data: Uint8Array; content: Manifest },
  snapshot: { snapshotId: number; sequenceNumber: number },
): ManifestListEntry {
  const { entries, spec, schema } = file.content
  const live = entries.filter(({ status }) => status !== entryStatus.deleted)
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
    ...countEntries(entries),
    partitions: summarizePartitions(
      typedPartitionFields(spec, schema),
      entries.map((entry) => entry.data_file.partition),
    ),
    key_metadata: null,
  }
}
