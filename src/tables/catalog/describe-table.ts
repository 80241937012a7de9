import type { SnapshotInfo, TableInfo } from './catalog.ts'
import type { LoadedTable } from '../commit/commit-tables.ts'
import { ancestorsOf } from '../metadata/snapshot-history.ts'
import { currentSchema, currentSnapshot, currentSpec, type Snapshot } from '../metadata/table-metadata.ts'

/** A table as people and the UI see it. */
export function describeTable({ name, metadata }: LoadedTable): TableInfo {
  const snapshot = currentSnapshot(metadata)
  const history = ancestorsOf(metadata, snapshot)
  const changed = history.find(({ summary }) => summary['operation'] !== 'replace') ?? history.at(-1)
  const total = (key: string): number => Number(snapshot?.summary[key] ?? 0)
  return {
    name,
    uuid: metadata['table-uuid'],
    location: metadata.location,
    schema: currentSchema(metadata),
    spec: currentSpec(metadata),
    properties: metadata.properties,
    current: snapshot === null ? null : describeSnapshot(snapshot),
    changed: changed === undefined ? null : describeSnapshot(changed),
    rows: total('total-records'),
    files: total('total-data-files'),
    sizeBytes:
      snapshot !== null && snapshot.summary['total-files-size'] === undefined
        ? null
        : total('total-files-size'),
  }
}

/** A snapshot as people and the UI see it. */
export function describeSnapshot(snapshot: Snapshot): SnapshotInfo {
  const parent = snapshot['parent-snapshot-id']
  return {
    snapshotId: String(snapshot['snapshot-id']),
    parentId: parent === undefined ? null : String(parent),
    sequenceNumber: snapshot['sequence-number'],
    committedAt: new Date(snapshot['timestamp-ms']).toISOString(),
    summary: snapshot.summary,
  }
}
