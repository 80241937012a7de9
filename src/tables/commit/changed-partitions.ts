import type { PartitionTuple } from '../manifests/data-file.ts'
import { entryStatus } from '../manifests/manifest.ts'
import { decodeManifestList } from '../manifests/manifest-list.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { ancestorsOf } from '../metadata/snapshot-history.ts'
import { distinctTuples } from './stage-snapshot.ts'
import { currentSnapshot, type Snapshot, type TableMetadata } from '../metadata/table-metadata.ts'
import type { TableReader } from '../catalog/table-reader.ts'

/**
 * The partitions in which a commit changed files of `main`: those touched by the snapshots it gained or, after a rollback,
 * lost. Undefined when its rows stayed as they were, or it has no snapshot now.
 */
export async function changedPartitions(
  tables: TableReader,
  before: TableMetadata | null,
  after: TableMetadata,
): Promise<readonly PartitionTuple[] | undefined> {
  const current = currentSnapshot(after)
  if (current === null || current['snapshot-id'] === before?.['current-snapshot-id']) return undefined
  const gained = ancestorsOf(after, current)
  const had = before ? ancestorsOf(before, currentSnapshot(before)) : []
  const idsOf = (snapshots: readonly Snapshot[]): Set<unknown> =>
    new Set(snapshots.map((snapshot) => snapshot['snapshot-id']))
  const [gainedIds, hadIds] = [idsOf(gained), idsOf(had)]
  const moved = [...gained, ...had]
    .filter(({ 'snapshot-id': id }) => !(gainedIds.has(id) && hadIds.has(id)))
    // Compaction changes files, not rows: nobody need look at them anew.
    .filter(({ summary }) => summary['operation'] !== 'replace')
  if (moved.length === 0) return undefined
  const touched = await mapConcurrently(moved, (snapshot) => touchedPartitions(tables, snapshot))
  return distinctTuples(touched.flat())
}

async function touchedPartitions(
  tables: TableReader,
  snapshot: Snapshot,
): Promise<readonly PartitionTuple[]> {
  const id = snapshot['snapshot-id']
  const list = await tables.decoded.read(snapshot['manifest-list'], decodeManifestList)
  const own = list.filter((listed) => listed.added_snapshot_id === id)
  const manifests = await mapConcurrently(own, (listed) => tables.manifest(listed))
  return manifests.flatMap(({ entries }) =>
    entries
      .filter(({ status, snapshot_id }) => status !== entryStatus.existing && snapshot_id === id)
      .map(({ data_file: file }) => file.partition),
  )
}
