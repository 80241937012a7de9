import { NacreError } from '../../base/index.ts'
import type { LongId, Snapshot, SnapshotRef, TableMetadata } from './table-metadata.ts'
import { refuse } from './refuse.ts'

/** Adds a snapshot, which no reference names yet. Throws NACRE_COMMIT_CONFLICT when another one landed since it was made. */
export function addSnapshot(metadata: TableMetadata, snapshot: Snapshot): Partial<TableMetadata> {
  const id = snapshot['snapshot-id']
  if (findSnapshot(metadata, id)) throw new NacreError('NACRE_CONFLICT', `Snapshot ${id} exists already.`)
  const parent = snapshot['parent-snapshot-id']
  if (parent !== undefined && !findSnapshot(metadata, parent))
    throw new NacreError(
      'NACRE_COMMIT_CONFLICT',
      `Snapshot ${id} builds on snapshot ${parent}, which the table does not have. Load the table again and retry.`,
    )
  // One that builds on nothing replaces the table, whatever landed meanwhile.
  if (parent !== undefined && snapshot['sequence-number'] <= metadata['last-sequence-number'])
    throw new NacreError(
      'NACRE_COMMIT_CONFLICT',
      `Snapshot ${id} has sequence number ${snapshot['sequence-number']}, but the table is at ${metadata['last-sequence-number']}. Load the table again and retry.`,
    )
  const schemaId = snapshot['schema-id']
  if (schemaId !== undefined && !metadata.schemas.some((schema) => schema['schema-id'] === schemaId))
    refuse(`Snapshot ${id} names schema ${schemaId}, which the table does not have.`)
  return {
    snapshots: [...metadata.snapshots, snapshot],
    'last-sequence-number': Math.max(metadata['last-sequence-number'], snapshot['sequence-number']),
  }
}

/** Points a branch or tag at a snapshot; `main` makes it the table's current one. */
export function setSnapshotRef(
  metadata: TableMetadata,
  name: string,
  ref: SnapshotRef,
): Partial<TableMetadata> {
  const id = ref['snapshot-id']
  const snapshot = findSnapshot(metadata, id)
  if (!snapshot) return refuse(`Reference '${name}' names snapshot ${id}, which does not exist.`)
  if (name === 'main' && ref.type === 'tag') refuse(`'main' is the table's branch and cannot be a tag.`)
  if (ref.type === 'tag' && (ref['min-snapshots-to-keep'] ?? ref['max-snapshot-age-ms']) !== undefined)
    refuse(`Tag '${name}' has min-snapshots-to-keep or max-snapshot-age-ms, which only branches have.`)
  const refs = { ...metadata.refs, [name]: ref }
  return name === 'main' ? { refs, 'current-snapshot-id': id } : { refs }
}

/** Removes a branch or tag; without `main` the table is empty. */
export function removeSnapshotRef(metadata: TableMetadata, name: string): Partial<TableMetadata> {
  const { [name]: _, ...refs } = metadata.refs
  return name === 'main' ? { refs, 'current-snapshot-id': null } : { refs }
}

/** Removes snapshots with their statistics; that one is absent is no error. */
export function removeSnapshots(metadata: TableMetadata, ids: readonly LongId[]): Partial<TableMetadata> {
  const removed = new Set(ids)
  const isKept = (part: { readonly 'snapshot-id': LongId }): boolean => !removed.has(part['snapshot-id'])
  const { statistics, 'partition-statistics': partitionStatistics } = metadata
  return {
    snapshots: metadata.snapshots.filter(isKept),
    ...(statistics && { statistics: statistics.filter(isKept) }),
    ...(partitionStatistics && { 'partition-statistics': partitionStatistics.filter(isKept) }),
  }
}

/**
 * The log of what was current, after a commit: snapshots that were so only inside the commit are not in it, and it begins behind
 * the last one that was removed, for what came before is no longer the whole history.
 */
export function snapshotLogAfter(
  before: TableMetadata,
  after: TableMetadata,
  nowMs: number,
): TableMetadata['snapshot-log'] {
  const log = before['snapshot-log']
  const id = after['current-snapshot-id']
  const snapshot = id === null ? undefined : findSnapshot(after, id)
  const isLogged = snapshot === undefined || id === before['current-snapshot-id']
  // Readers refuse a log whose times go back. A snapshot that was there before becomes current now.
  const since = snapshot && !findSnapshot(before, snapshot['snapshot-id']) ? snapshot['timestamp-ms'] : nowMs
  const entry = { 'timestamp-ms': Math.max(since, log.at(-1)?.['timestamp-ms'] ?? 0), 'snapshot-id': id! }
  const present = new Set(after.snapshots.map((candidate) => candidate['snapshot-id']))
  const full = isLogged ? log : [...log, entry]
  return full.slice(full.findLastIndex((logged) => !present.has(logged['snapshot-id'])) + 1)
}

function findSnapshot(metadata: TableMetadata, id: LongId): Snapshot | undefined {
  return metadata.snapshots.find((candidate) => candidate['snapshot-id'] === id)
}
