import { NacreError } from '../../base/index.ts'
import { snapshotById } from '../metadata/choose-snapshot.ts'
import type { LoadedTable } from '../commit/commit-tables.ts'
import type { PartitionTuple } from '../manifests/data-file.ts'
import { liveFiles } from './live-files.ts'
import { entryStatus, type Manifest, type ManifestEntry } from '../manifests/manifest.ts'
import { mapConcurrently } from '../commit/map-concurrently.ts'
import { planScan, requireOwnFiles, schemasOf } from './plan-scan.ts'
import type { ScanFile, ScanPlan } from './scan-plan.ts'
import { ancestorsOf } from '../metadata/snapshot-history.ts'
import { distinctTuples } from '../commit/stage-snapshot.ts'
import { currentSchema, currentSnapshot, type Snapshot } from '../metadata/table-metadata.ts'
import type { TableReader } from '../catalog/table-reader.ts'

/** From where to where a reader goes on. */
export interface ChangeOptions {
  /** The snapshot the reader is at; null for one that has read nothing yet. */
  readonly after: string | null
  /** Default: the current snapshot. */
  readonly upTo?: string | undefined
  /**
   * What to do when rows were changed or removed in between: `fail`; `skip-erasures`, which passes over commits that forgot a
   * person and fails for others; or `partitions`, which tells the partitions to compute anew.
   */
  readonly onOverwrite: 'fail' | 'skip-erasures' | 'partitions'
}

/** What came between two snapshots. Compactions change no row and are not seen. */
export type ChangePlan = {
  /** Where the reader is once it has read this; null while the table has no snapshot. */
  readonly upTo: string | null
} & (
  | { readonly kind: 'appended'; readonly plan: ScanPlan }
  /** Rows of these partitions were changed or removed; the empty tuple stands for every partition. */
  | { readonly kind: 'changed'; readonly partitions: readonly PartitionTuple[] }
)

/**
 * Plans what a reader must read to go on from a snapshot. Throws NACRE_NOT_FOUND when the way from that snapshot is lost, for it
 * has expired or the table was rolled back: then everything must be read anew. Throws NACRE_CONFLICT for rows that were changed.
 */
export async function planChanges(
  tables: TableReader,
  table: LoadedTable,
  { after, upTo, onOverwrite }: ChangeOptions,
): Promise<ChangePlan> {
  const last = upTo === undefined ? currentSnapshot(table.metadata) : snapshotById(table, upTo)
  const end = last === null ? null : String(last['snapshot-id'])
  if (after === null || last === null)
    return {
      kind: 'appended',
      upTo: end,
      plan: await planScan(tables, table, { snapshotId: end ?? undefined }),
    }
  const between = snapshotsBetween(table, after, last)
  const changing = between.filter((snapshot) => changesRows(snapshot, onOverwrite))
  if (changing.length > 0 && onOverwrite !== 'partitions') throw changed(table, changing[0]!)
  const relevant = between.filter(
    (snapshot) => snapshot.summary['operation'] === 'append' || changing.includes(snapshot),
  )
  const manifests = (
    await mapConcurrently(relevant, (snapshot) => ownManifests(tables, table, snapshot))
  ).flat()
  if (changing.length > 0)
    return { kind: 'changed', upTo: end, partitions: touchedPartitions(table, manifests) }
  return { kind: 'appended', upTo: end, plan: appendPlan(table, end, manifests) }
}

/** The snapshots after one, oldest first. */
function snapshotsBetween(table: LoadedTable, after: string, last: Snapshot): readonly Snapshot[] {
  const ancestors = ancestorsOf(table.metadata, last)
  const start = ancestors.findIndex((snapshot) => String(snapshot['snapshot-id']) === after)
  if (start >= 0) return ancestors.slice(0, start).toReversed()
  throw new NacreError(
    'NACRE_NOT_FOUND',
    `Snapshot ${after} of ${table.name} does not lead to snapshot ${last['snapshot-id']}: it or one after it has expired, or the table was rolled back. Read the whole table anew and go on from there; a registered reader keeps snapshots from expiring.`,
    { details: { table: table.name, snapshotId: after } },
  )
}

function changesRows({ summary }: Snapshot, policy: ChangeOptions['onOverwrite']): boolean {
  const operation = summary['operation']
  if (operation === 'append' || operation === 'replace') return false
  return !(policy === 'skip-erasures' && summary['nacre.reason'] === 'erasure')
}

function changed(table: LoadedTable, snapshot: Snapshot): NacreError {
  return new NacreError(
    'NACRE_CONFLICT',
    `Snapshot ${snapshot['snapshot-id']} of ${table.name} changed or removed rows (${snapshot.summary['operation']}), so appended rows are not all that is new. Recompute the changed partitions, or read the whole table anew.`,
    { details: { table: table.name, snapshotId: String(snapshot['snapshot-id']) } },
  )
}

/** A manifest with those of its entries that its snapshot added or removed. */
type OwnManifest = Manifest & { readonly entries: readonly ManifestEntry[] }

async function ownManifests(
  tables: TableReader,
  table: LoadedTable,
  snapshot: Snapshot,
): Promise<readonly OwnManifest[]> {
  const id = snapshot['snapshot-id']
  const list = await tables.manifests(table, snapshot)
  const own = list.filter((listed) => listed.added_snapshot_id === id)
  const manifests = await mapConcurrently(own, (listed) => tables.manifest(listed, table.name))
  return manifests.map((manifest) => ({
    ...manifest,
    entries: manifest.entries.filter(
      ({ status, snapshot_id }) => status !== entryStatus.existing && snapshot_id === id,
    ),
  }))
}

function touchedPartitions(
  { metadata }: LoadedTable,
  manifests: readonly OwnManifest[],
): readonly PartitionTuple[] {
  const touched = manifests.filter(({ entries }) => entries.length > 0)
  // A partition of another spec has no name in the present one.
  if (touched.some(({ spec }) => spec['spec-id'] !== metadata['default-spec-id'])) return [{}]
  return distinctTuples(
    touched.flatMap(({ entries }) => entries.map(({ data_file: file }) => file.partition)),
  )
}

function appendPlan(
  table: LoadedTable,
  snapshotId: string | null,
  manifests: readonly OwnManifest[],
): ScanPlan {
  const { name, metadata } = table
  const files = manifests
    .flatMap(liveFiles)
    .map(({ path, rowCount, sizeBytes, partition, schemaId }): ScanFile => ({
      path,
      rowCount,
      sizeBytes,
      partition,
      schemaId,
    }))
  requireOwnFiles(table, files)
  const nameMapping = metadata.properties['schema.name-mapping.default']
  return {
    table: name,
    tableUuid: metadata['table-uuid'],
    snapshotId,
    schema: currentSchema(metadata),
    fileSchemas: schemasOf(metadata.schemas, files),
    files,
    ...(nameMapping !== undefined && { nameMapping }),
  }
}
