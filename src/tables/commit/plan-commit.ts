import { NacreError } from '../../base/index.ts'
import { dataFileEntries } from '../manifests/data-file-entry.ts'
import { mayDeleteFrom, type PlacedEntry } from '../manifests/delete-files.ts'
import { coverageOf } from '../scan/file-coverage.ts'
import { entryStatus, type Manifest, type ManifestEntry } from '../manifests/manifest.ts'
import type { ManifestListEntry } from '../manifests/manifest-list.ts'
import { filesPerManifest, mergeManifests, splitManifest } from './merge-manifests.ts'
import { manifestsMatching } from '../manifests/partition-summaries.ts'
import { typedPartitionFields } from '../manifests/partition-tuples.ts'
import { checkReplacements } from './replaced-files.ts'
import { summarizeSnapshot } from './snapshot-summary.ts'
import {
  distinctTuples,
  nextSequenceNumber,
  stageSnapshot,
  type PlanInputs,
  type SnapshotPlan,
} from './stage-snapshot.ts'
import type { TableEdit } from './table-edit.ts'
import { branchSnapshot } from '../metadata/snapshot-history.ts'
import { currentSchema, currentSpec, type TableMetadata } from '../metadata/table-metadata.ts'

/** A manifest of the snapshot a commit follows, with its content where {@link contentsNeeded} asks for it. */
export interface LiveManifest {
  readonly listed: ManifestListEntry
  readonly content: Manifest | undefined
}

/** Manifests of fewer live files are small; so many small ones are merged by the next commit. */
const smallManifestFiles = filesPerManifest / 2
const smallManifestsToMerge = 100

/** The manifests whose content {@link planCommit} must know: those with files that may go, and those that are due to be merged. */
export function contentsNeeded(
  metadata: TableMetadata,
  list: readonly ManifestListEntry[],
  edit: TableEdit,
): ReadonlySet<ManifestListEntry> {
  const removesFiles = edit.removes.length + edit.replacements.length > 0
  // Which delete files still apply depends on all data files.
  if (edit.replacements.length > 0 || (removesFiles && list.some(isOfDeletes))) return new Set(list)
  const [present, older] = [
    list.filter((listed) => listed.partition_spec_id === metadata['default-spec-id']),
    list.filter((listed) => listed.partition_spec_id !== metadata['default-spec-id']),
  ]
  const small = smallManifests(list)
  return new Set([
    ...manifestsMatching(metadata, present, edit.removes),
    ...(removesFiles ? older : []),
    ...(small.length >= smallManifestsToMerge ? small : []),
  ])
}

/**
 * Plans the snapshot that an edit makes of a branch; undefined when the edit neither adds nor removes a file. Throws
 * NACRE_COMMIT_CONFLICT when a file that is to be replaced is not what it was, NACRE_CONFLICT when a file of an older
 * partitioning holds rows that are to go beside rows that are to stay.
 */
export function planCommit(
  metadata: TableMetadata,
  live: readonly LiveManifest[],
  edit: TableEdit,
  inputs: PlanInputs,
): SnapshotPlan | undefined {
  const parent = branchSnapshot(metadata, inputs.branch)
  const living = live
    .filter(({ listed }) => hasLiveFiles(listed))
    .map(({ listed, content }) => ({
      listed,
      content: content && {
        ...content,
        entries: content.entries.filter(({ status }) => status !== entryStatus.deleted),
      },
    }))
  const data = living.filter(({ listed }) => !isOfDeletes(listed))
  const deletes = living.filter(({ listed }) => isOfDeletes(listed))

  const removed = new Set(removedEntries(metadata, data, edit))
  checkReplacements(metadata, parent, edit.replacements, {
    removed: placed(data).filter(({ entry }) => removed.has(entry)),
    deletes: placed(deletes),
    adds: edit.adds,
  })
  const sequenceNumber = nextSequenceNumber(metadata)
  const toEntry = dataFileEntries(metadata)
  const added = edit.adds.map((file): ManifestEntry => ({
    status: entryStatus.added,
    snapshot_id: inputs.snapshotId,
    sequence_number: sequenceNumber,
    file_sequence_number: sequenceNumber,
    data_file: toEntry(file),
  }))
  if (added.length + removed.size === 0) return undefined

  const isTouched = ({ content }: LiveManifest): boolean =>
    content?.entries.some((entry) => removed.has(entry)) ?? false
  const untouched = data.filter((manifest) => !isTouched(manifest))
  const small = smallManifests(untouched.map(({ listed }) => listed))
  const merged =
    small.length < smallManifestsToMerge ? [] : untouched.filter(({ listed }) => small.includes(listed))
  const manifests: readonly Manifest[] = [
    { schema: currentSchema(metadata), spec: currentSpec(metadata), entries: added },
    ...data.filter(isTouched).map(({ content }) => ({
      ...content!,
      entries: content!.entries.map((entry) =>
        removed.has(entry)
          ? { ...entry, status: entryStatus.deleted, snapshot_id: inputs.snapshotId }
          : { ...entry, status: entryStatus.existing },
      ),
    })),
  ]
  const stays = placed(data).filter(({ entry }) => !removed.has(entry))
  const applying = deletes.filter(
    ({ content, listed }) =>
      content === undefined ||
      placed([{ listed, content }]).some((one) => stays.some((other) => mayDeleteFrom(one, other))),
  )
  const dropped = placed(deletes.filter((manifest) => !applying.includes(manifest)))
  return stageSnapshot(
    metadata,
    {
      parent,
      manifests: [
        ...manifests.flatMap(splitManifest),
        ...mergeManifests(merged.map(({ content }) => content!)),
      ],
      kept: [...untouched.filter((manifest) => !merged.includes(manifest)), ...applying].map(
        ({ listed }) => listed,
      ),
      summarize: (list) =>
        summarizeSnapshot({
          parent,
          added,
          removed: [...removed],
          removedDeletes: dropped.map(({ entry }) => entry),
          keepsRows:
            edit.replacements.length > 0 && edit.replacements.every(({ kind }) => kind === 'rewrite'),
          list,
          extra: inputs.summary,
        }),
      partitions: distinctTuples([...added, ...removed].map((entry) => entry.data_file.partition)),
    },
    inputs,
  )
}

/** The files that an edit takes out. */
function removedEntries(
  metadata: TableMetadata,
  data: readonly LiveManifest[],
  edit: TableEdit,
): readonly ManifestEntry[] {
  const paths = new Set(edit.replacements.flatMap(({ removes }) => removes))
  const fields = typedPartitionFields(currentSpec(metadata), currentSchema(metadata))
  return data.flatMap(({ content }) => {
    if (content === undefined) return []
    return content.entries.filter((entry) => {
      if (paths.has(entry.data_file.file_path)) return true
      const coverage = coverageOf(entry.data_file, content, fields, edit.removes)
      if (coverage !== 'some') return coverage === 'all'
      throw new NacreError(
        'NACRE_CONFLICT',
        `File ${entry.data_file.file_path} was written under an older partitioning and may hold rows of other partitions than those overwritten. Compact the table first, which rewrites such files.`,
        { details: { path: entry.data_file.file_path } },
      )
    })
  })
}

function placed(manifests: readonly LiveManifest[]): readonly PlacedEntry[] {
  return manifests.flatMap(({ content }) =>
    content === undefined ? [] : content.entries.map((entry) => ({ entry, spec: content.spec })),
  )
}

function smallManifests(list: readonly ManifestListEntry[]): readonly ManifestListEntry[] {
  return list.filter((listed) => !isOfDeletes(listed) && liveFiles(listed) < smallManifestFiles)
}

function isOfDeletes(listed: ManifestListEntry): boolean {
  return listed.content !== 0
}

function hasLiveFiles(listed: ManifestListEntry): boolean {
  return liveFiles(listed) > 0
}

function liveFiles(listed: ManifestListEntry): number {
  return listed.added_files_count + listed.existing_files_count
}
