import { ancestorsOf } from '../metadata/snapshot-history.ts'
import type { LongId, Snapshot, SnapshotRef, TableMetadata } from '../metadata/table-metadata.ts'
import type { ExpiryOptions } from './table-maintenance.ts'

const day = 86_400_000

/** What expiry removes from a table's metadata. */
export interface ExpiryPlan {
  readonly snapshots: readonly Snapshot[]
  readonly refs: readonly string[]
}

/**
 * The snapshots that may go, by the rules of https://iceberg.apache.org/spec/#snapshot-retention-policy.
 * @param held ids of snapshots that readers are at: those stay, with all that came after them.
 */
export function planExpiry(
  metadata: TableMetadata,
  held: readonly string[],
  { olderThanMs, keepLast, nowMs }: ExpiryOptions & { readonly nowMs: number },
): ExpiryPlan {
  const { properties, snapshots } = metadata
  const setting = (name: string, otherwise: number): number =>
    Number(properties[`history.expire.${name}`] ?? otherwise)
  const maxAgeMs = olderThanMs ?? setting('max-snapshot-age-ms', 5 * day)
  const minToKeep = keepLast ?? setting('min-snapshots-to-keep', 1)
  const maxRefAgeMs = setting('max-ref-age-ms', Number.POSITIVE_INFINITY)

  const byId = new Map(snapshots.map((one) => [one['snapshot-id'], one]))
  const ageOf = (snapshot: Snapshot): number => nowMs - snapshot['timestamp-ms']
  const refs = Object.entries(metadata.refs).flatMap(([name, ref]) => {
    const snapshot = byId.get(ref['snapshot-id'])
    return snapshot ? [{ name, ref, snapshot }] : []
  })
  const [outlived, alive] = [true, false].map((wanted) =>
    refs.filter(({ name, ref, snapshot }) => {
      const isOutlived = name !== 'main' && ageOf(snapshot) > (ref['max-ref-age-ms'] ?? maxRefAgeMs)
      return isOutlived === wanted
    }),
  ) as [typeof refs, typeof refs]

  const reachable = new Set<Snapshot>()
  const kept = new Set<Snapshot>()
  for (const { ref, snapshot } of alive) {
    const line = ref.type === 'tag' ? [snapshot] : ancestorsOf(metadata, snapshot)
    for (const one of line) reachable.add(one)
    for (const one of line.slice(0, keptOf(line, ref))) kept.add(one)
  }
  // What no reference leads to, such as after a rollback, goes by age alone.
  for (const one of snapshots) if (!reachable.has(one) && ageOf(one) <= maxAgeMs) kept.add(one)
  for (const one of heldSnapshots(metadata, held)) kept.add(one)
  return { snapshots: snapshots.filter((one) => !kept.has(one)), refs: outlived.map(({ name }) => name) }

  function keptOf(line: readonly Snapshot[], ref: SnapshotRef): number {
    const first = line.findIndex(
      (one, index) =>
        index >= Math.max(1, ref['min-snapshots-to-keep'] ?? minToKeep) &&
        ageOf(one) > (ref['max-snapshot-age-ms'] ?? maxAgeMs),
    )
    return first === -1 ? line.length : first
  }
}

/** The snapshots that readers at some of them need: those, and what leads from them to the current one. */
function heldSnapshots(metadata: TableMetadata, held: readonly string[]): readonly Snapshot[] {
  const isHeld = (snapshot: Snapshot): boolean => held.includes(String(snapshot['snapshot-id']))
  const current = metadata.snapshots.find((one) => one['snapshot-id'] === metadata['current-snapshot-id'])
  const line = ancestorsOf(metadata, current ?? null)
  return [...line.slice(0, line.findLastIndex(isHeld) + 1), ...metadata.snapshots.filter(isHeld)]
}

/** Ids as metadata has them. */
export function idsOf(snapshots: readonly Snapshot[]): readonly LongId[] {
  return snapshots.map((snapshot) => snapshot['snapshot-id'])
}
