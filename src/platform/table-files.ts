import type { PartitionTuple, ScanFile } from '../tables/index.ts'

/** A partition's files, counted. */
export interface PartitionFiles {
  readonly partition: PartitionTuple
  /** `at_day 2026-01-05`; `all rows` of a table without partitions. */
  readonly label: string
  readonly files: number
  readonly rows: number
  readonly sizeBytes: number
  readonly smallestBytes: number
  readonly averageBytes: number
  /** Files of deletes that take rows out of these; compaction applies them. */
  readonly deleteFiles: number
  /** So many of its files are small that compacting it is worth the while. */
  readonly isFragmented: boolean
}

/** What partitions can be ordered by; `partition` newest first, the others largest first. */
export type PartitionOrder = 'partition' | 'files' | 'rows' | 'size' | 'average'

/** A page of partitions. */
export interface PartitionPage {
  readonly partitions: readonly PartitionFiles[]
  readonly total: number
  readonly fragmented: number
  readonly files: number
  readonly targetBytes: number
}

/** A page of files. */
export interface FilePage {
  readonly files: readonly ScanFile[]
  readonly total: number
}

/** Which part of a long list is wanted. */
export interface Slice {
  readonly offset: number
  readonly limit: number
}

/** Files below this share of the size aimed at are small. */
const smallShare = 0.75

/** A page of the partitions that files lie in. */
export function partitionPage(
  files: readonly ScanFile[],
  { order, targetBytes, ...slice }: Slice & { order: PartitionOrder; targetBytes: number },
): PartitionPage {
  const partitions = [...Map.groupBy(files, ({ partition }) => tupleKey(partition)).values()].map((group) =>
    countPartition(group, targetBytes),
  )
  const compare = comparisons[order]
  return {
    partitions: partitions.toSorted(compare).slice(slice.offset, slice.offset + slice.limit),
    total: partitions.length,
    fragmented: partitions.filter(({ isFragmented }) => isFragmented).length,
    files: files.length,
    targetBytes,
  }
}

/** A page of files, largest first; of one partition when it is given. */
export function filePage(
  files: readonly ScanFile[],
  { offset, limit, partition }: Slice & { partition?: PartitionTuple | undefined },
): FilePage {
  const key = partition === undefined ? undefined : tupleKey(partition)
  const found = key === undefined ? files : files.filter((file) => tupleKey(file.partition) === key)
  const ordered = found.toSorted(
    (one, other) => other.sizeBytes - one.sizeBytes || (one.path < other.path ? -1 : 1),
  )
  return { files: ordered.slice(offset, offset + limit), total: found.length }
}

const comparisons: Readonly<Record<PartitionOrder, (one: PartitionFiles, other: PartitionFiles) => number>> =
  {
    partition: byLabel,
    files: (one, other) => other.files - one.files || byLabel(one, other),
    rows: (one, other) => other.rows - one.rows || byLabel(one, other),
    size: (one, other) => other.sizeBytes - one.sizeBytes || byLabel(one, other),
    average: (one, other) => one.averageBytes - other.averageBytes || byLabel(one, other),
  }

function byLabel(one: PartitionFiles, other: PartitionFiles): number {
  return one.label < other.label ? 1 : one.label > other.label ? -1 : 0
}

function countPartition(files: readonly ScanFile[], targetBytes: number): PartitionFiles {
  const { partition } = files[0]!
  const sizes = files.map(({ sizeBytes }) => sizeBytes)
  const sizeBytes = sizes.reduce((sum, size) => sum + size, 0)
  const small = sizes.filter((size) => size < targetBytes * smallShare)
  const smallBytes = small.reduce((sum, size) => sum + size, 0)
  return {
    partition,
    label: labelOf(partition),
    files: files.length,
    rows: files.reduce((sum, { rowCount }) => sum + rowCount, 0),
    sizeBytes,
    smallestBytes: Math.min(...sizes),
    averageBytes: sizeBytes / files.length,
    deleteFiles: new Set(files.flatMap(({ deletes }) => deletes ?? [])).size,
    isFragmented: small.length - Math.ceil(smallBytes / targetBytes) >= 4,
  }
}

/** Equal for equal partitions, whatever the order of their fields. */
function tupleKey(partition: PartitionTuple): string {
  return JSON.stringify(Object.entries(partition).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function labelOf(partition: PartitionTuple): string {
  return (
    Object.entries(partition)
      .map(([name, value]) => `${name} ${value ?? 'null'}`)
      .join(', ') || 'all rows'
  )
}
