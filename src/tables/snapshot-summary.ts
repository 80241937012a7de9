import type { ManifestEntry } from './manifest.ts'
import type { ManifestListEntry } from './manifest-list.ts'
import { tupleKey } from './partition-tuples.ts'
import type { Snapshot } from './table-metadata.ts'

/** A snapshot's summary, in the keys of https://iceberg.apache.org/spec/#optional-snapshot-summary-fields. */
export function summarizeSnapshot(change: {
  parent: Snapshot | null
  added: readonly ManifestEntry[]
  removed: readonly ManifestEntry[]
  /** Of the new snapshot. */
  list: readonly ManifestListEntry[]
  extra: Readonly<Record<string, string>>
}): Readonly<Record<string, string>> {
  const { parent, added, removed, list } = change
  const sizeBefore = Number(parent?.summary['total-files-size'] ?? 0)
  const partitions = new Set([...added, ...removed].map((entry) => tupleKey(entry.data_file.partition)))
  const counts = {
    'added-data-files': added.length,
    'added-records': sum(added, ({ data_file: file }) => file.record_count),
    'added-files-size': sizeOf(added),
    'deleted-data-files': removed.length,
    'deleted-records': sum(removed, ({ data_file: file }) => file.record_count),
    'removed-files-size': sizeOf(removed),
    'changed-partition-count': partitions.size,
  }
  const totals = {
    'total-records': sum(list, (entry) => Number(entry.added_rows_count) + Number(entry.existing_rows_count)),
    'total-data-files': sum(list, (entry) => entry.added_files_count + entry.existing_files_count),
    'total-files-size': sizeBefore + sizeOf(added) - sizeOf(removed),
    'total-delete-files': 0,
    'total-position-deletes': 0,
    'total-equality-deletes': 0,
  }
  const told = [...Object.entries(counts).filter(([, count]) => count > 0), ...Object.entries(totals)]
  return {
    ...change.extra,
    operation: removed.length === 0 ? 'append' : added.length === 0 ? 'delete' : 'overwrite',
    ...Object.fromEntries(told.map(([key, count]) => [key, String(count)])),
  }
}

function sizeOf(entries: readonly ManifestEntry[]): number {
  return sum(entries, ({ data_file: file }) => file.file_size_in_bytes)
}

function sum<Item>(items: readonly Item[], countOf: (item: Item) => number | bigint): number {
  return items.reduce((total, item) => total + Number(countOf(item)), 0)
}
