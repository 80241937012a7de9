import type { ManifestEntry } from '../manifests/manifest.ts'
import type { ManifestListEntry } from '../manifests/manifest-list.ts'
import { tupleKey } from '../manifests/partition-tuples.ts'
import type { Snapshot } from '../metadata/table-metadata.ts'

/** A snapshot's summary, in the keys of https://iceberg.apache.org/spec/#optional-snapshot-summary-fields. */
export function summarizeSnapshot(change: {
  parent: Snapshot | null
  added: readonly ManifestEntry[]
  removed: readonly ManifestEntry[]
  /** Delete files that no longer apply to any file. */
  removedDeletes?: readonly ManifestEntry[]
  /** The files are others, the rows the same. */
  keepsRows: boolean
  /** Of the new snapshot. */
  list: readonly ManifestListEntry[]
  extra: Readonly<Record<string, string>>
}): Readonly<Record<string, string>> {
  const { parent, added, removed, removedDeletes = [] } = change
  const data = change.list.filter(({ content }) => content === 0)
  /** Other engines leave totals out; what is not known before is not known afterwards. */
  const after = (key: string, more: number): number => {
    const before = parent === null ? 0 : Number(parent.summary[key] ?? NaN)
    return before + more
  }
  const partitions = new Set([...added, ...removed].map((entry) => tupleKey(entry.data_file.partition)))
  const [positions, equalities] = [1, 2].map((content) =>
    rowsOf(removedDeletes.filter(({ data_file: file }) => file.content === content)),
  ) as [number, number]
  const counts = {
    'added-data-files': added.length,
    'added-records': rowsOf(added),
    'added-files-size': sizeOf(added),
    'deleted-data-files': removed.length,
    'deleted-records': rowsOf(removed),
    'removed-files-size': sizeOf(removed) + sizeOf(removedDeletes),
    'removed-delete-files': removedDeletes.length,
    'removed-position-deletes': positions,
    'removed-equality-deletes': equalities,
    'changed-partition-count': partitions.size,
  }
  const totals = {
    'total-records': sum(data, (entry) => Number(entry.added_rows_count) + Number(entry.existing_rows_count)),
    'total-data-files': sum(data, (entry) => entry.added_files_count + entry.existing_files_count),
    'total-files-size': after('total-files-size', sizeOf(added) - sizeOf(removed) - sizeOf(removedDeletes)),
    'total-delete-files': after('total-delete-files', -removedDeletes.length),
    'total-position-deletes': after('total-position-deletes', -positions),
    'total-equality-deletes': after('total-equality-deletes', -equalities),
  }
  const told = [
    ...Object.entries(counts).filter(([, count]) => count > 0),
    ...Object.entries(totals).filter(([, count]) => !Number.isNaN(count)),
  ]
  return {
    ...change.extra,
    operation: operationOf(change),
    ...Object.fromEntries(told.map(([key, count]) => [key, String(count)])),
  }
}

function operationOf(change: {
  added: readonly ManifestEntry[]
  removed: readonly ManifestEntry[]
  keepsRows: boolean
}): string {
  if (change.keepsRows) return 'replace'
  if (change.removed.length === 0) return 'append'
  return change.added.length === 0 ? 'delete' : 'overwrite'
}

function rowsOf(entries: readonly ManifestEntry[]): number {
  return sum(entries, ({ data_file: file }) => file.record_count)
}

function sizeOf(entries: readonly ManifestEntry[]): number {
  return sum(entries, ({ data_file: file }) => file.file_size_in_bytes)
}

function sum<Item>(items: readonly Item[], countOf: (item: Item) => number | bigint): number {
  return items.reduce((total, item) => total + Number(countOf(item)), 0)
}
