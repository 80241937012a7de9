import type { LoadedTable } from '../commit/commit-tables.ts'
import type { PlacedEntry } from '../manifests/delete-files.ts'
import { liveEntries } from '../manifests/live-entries.ts'
import { tupleKey } from '../manifests/partition-tuples.ts'
import { planScan } from '../scan/plan-scan.ts'
import type { ScanPlan } from '../scan/scan-plan.ts'
import { currentSnapshot } from '../metadata/table-metadata.ts'
import { writeTarget } from '../scan/write-target.ts'
import type { ChangeWorld } from '../commit/commit-changes.ts'
import type { CompactionGroup, CompactionOptions, CompactionReason } from './table-maintenance.ts'

const defaultTargetBytes = 128 * 1024 * 1024

/** Below this share of the target size a file is small. */
const smallShare = 0.75

/** See TableMaintenance.planCompaction. */
export async function planCompaction(
  { tables }: ChangeWorld,
  table: LoadedTable,
  options: CompactionOptions = {},
): Promise<readonly CompactionGroup[]> {
  const { metadata } = table
  const targetBytes =
    options.targetBytes ?? Number(metadata.properties['write.target-file-size-bytes'] ?? defaultTargetBytes)
  const scan = await planScan(tables, table, { partitions: options.partitions })
  const wanted = new Map(scan.files.map((file) => [file.path, file]))
  const { data } = await liveEntries(tables, table, currentSnapshot(metadata))
  const worthwhile = data
    .filter(({ entry }) => wanted.has(entry.data_file.file_path))
    .map((file) => ({ file, reasons: reasonsOf(file) }))
    .filter(({ reasons }) => reasons.length > 0)

  const byPartition = Map.groupBy(
    worthwhile,
    ({ file }) => `${file.spec['spec-id']} ${tupleKey(file.entry.data_file.partition)}`,
  )
  const target = writeTarget(table)
  return [...byPartition.values()]
    .filter(
      (files) =>
        files.length >= (options.minFiles ?? 5) || files.some(({ reasons }) => !isOnlySmall(reasons)),
    )
    .flatMap((files) => packed(files, targetBytes))
    .filter((files) => files.length > 1 || !isOnlySmall(files[0]!.reasons))
    .toSorted((one, other) => other.length - one.length)
    .map((files) => ({
      scan: scanOf(
        scan,
        files.map(({ file }) => file.entry.data_file.file_path),
      ),
      target,
      reasons: [...new Set(files.flatMap(({ reasons }) => reasons))],
      rows: files.reduce((sum, { file }) => sum + Number(file.entry.data_file.record_count), 0),
      sizeBytes: files.reduce((sum, { file }) => sum + sizeOf(file), 0),
    }))

  function reasonsOf(file: PlacedEntry): readonly CompactionReason[] {
    const order = metadata['default-sort-order-id']
    const held: Readonly<Record<CompactionReason, boolean>> = {
      small: sizeOf(file) < smallShare * targetBytes,
      deletes: (wanted.get(file.entry.data_file.file_path)?.deletes ?? []).length > 0,
      partitioning: file.spec['spec-id'] !== metadata['default-spec-id'],
      order: order !== 0 && (file.entry.data_file.sort_order_id ?? 0) !== order,
    }
    return (Object.keys(held) as CompactionReason[]).filter((reason) => held[reason])
  }
}

interface Candidate {
  readonly file: PlacedEntry
  readonly reasons: readonly CompactionReason[]
}

/** Files in turn, as many together as make up the target size. */
function packed(files: readonly Candidate[], targetBytes: number): readonly (readonly Candidate[])[] {
  const groups: Candidate[][] = []
  let room = 0
  for (const candidate of files) {
    const size = sizeOf(candidate.file)
    if (groups.length === 0 || size > room) {
      groups.push([])
      room = targetBytes
    }
    groups.at(-1)!.push(candidate)
    room -= size
  }
  return groups
}

function isOnlySmall(reasons: readonly CompactionReason[]): boolean {
  return reasons.every((reason) => reason === 'small')
}

function sizeOf({ entry }: PlacedEntry): number {
  return Number(entry.data_file.file_size_in_bytes)
}

/** A scan of some of its files only, with all their rows. */
export function scanOf(scan: ScanPlan, paths: readonly string[]): ScanPlan {
  const wanted = new Set(paths)
  const { partitions: _, ...whole } = scan
  const files = scan.files
    .filter(({ path }) => wanted.has(path))
    .map((file) => {
      const { isPartial: _partial, ...all } = file
      return all
    })
  return { ...whole, files }
}
