import { NacreError } from '../../base/index.ts'
import type { Snapshot, TableMetadata } from './table-metadata.ts'

/** The snapshot a branch is at; null for `main` of a table that has none yet. Throws NACRE_NOT_FOUND for a branch that is not there. */
export function branchSnapshot(metadata: TableMetadata, branch: string): Snapshot | null {
  const ref = metadata.refs[branch]
  if (ref?.type === 'tag')
    throw new NacreError('NACRE_INPUT', `'${branch}' is a tag, which stays at its snapshot. Name a branch.`)
  if (ref) return snapshotById(metadata, ref['snapshot-id'])
  if (branch === 'main') return null
  const known = Object.keys(metadata.refs).join(', ') || 'none yet'
  throw new NacreError('NACRE_NOT_FOUND', `There is no branch '${branch}' (${known}). Create it first.`)
}

/** A snapshot and all it came of, newest first, as far back as history is kept. */
export function ancestorsOf(metadata: TableMetadata, snapshot: Snapshot | null): readonly Snapshot[] {
  const byId = new Map(metadata.snapshots.map((one) => [one['snapshot-id'], one]))
  const ancestors: Snapshot[] = []
  for (let one = snapshot ?? undefined; one; one = byId.get(one['parent-snapshot-id'] ?? -1))
    ancestors.push(one)
  return ancestors
}

/** Throws NACRE_CORRUPT for an id the table does not have. */
function snapshotById(metadata: TableMetadata, id: Snapshot['snapshot-id']): Snapshot {
  const snapshot = metadata.snapshots.find((one) => one['snapshot-id'] === id)
  if (snapshot) return snapshot
  throw new NacreError(
    'NACRE_CORRUPT',
    `Table at ${metadata.location} refers to snapshot ${id}, which it lacks.`,
  )
}
