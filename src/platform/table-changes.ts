import type { ChangePlan, PartitionTuple, ScanFile } from '../tables/index.ts'

/** A data file that holds rows to read. */
export interface ChangedFile extends Pick<ScanFile, 'path' | 'rowCount' | 'sizeBytes' | 'partition'> {
  /** URIs of files of position deletes, which name rows of it that no longer count. */
  readonly deletes: readonly string[]
}

/** What a reader that is at one snapshot reads to be at another. */
export type TableChanges = {
  /** The snapshot the reader is at once it has read this; null while the table has none. */
  readonly upTo: string | null
} & (
  | { readonly kind: 'appended'; readonly rows: number; readonly files: readonly ChangedFile[] }
  /** Rows of these partitions were changed or removed; the empty one stands for every partition. */
  | { readonly kind: 'changed'; readonly partitions: readonly PartitionTuple[] }
)

export function describeChanges(changes: ChangePlan): TableChanges {
  if (changes.kind === 'changed') return changes
  const files = changes.plan.files.map(
    ({ path, rowCount, sizeBytes, partition, deletes = [] }): ChangedFile => ({
      path,
      rowCount,
      sizeBytes,
      partition,
      deletes,
    }),
  )
  const rows = files.reduce((sum, { rowCount }) => sum + rowCount, 0)
  return { kind: 'appended', upTo: changes.upTo, rows, files }
}
