import { NacreError } from '../../base/index.ts'
import type { PartitionTuple } from './data-file.ts'
import type { LiveFile } from '../scan/live-files.ts'
import { entryStatus, type ByFieldId, type Manifest, type ManifestEntry } from './manifest.ts'
import { tupleKey } from './partition-tuples.ts'
import type { LongId } from '../metadata/table-metadata.ts'

/** What a data file or delete file holds. */
export const fileContent = { data: 0, positionDeletes: 1, equalityDeletes: 2 } as const

/** Gives the delete files that may name rows of a data file of a spec. */
export type FindDeletes = (
  specId: number,
  file: Pick<LiveFile, 'path' | 'partition' | 'sequenceNumber'>,
) => readonly string[]

/** The field of delete files that holds the path of the file a row is deleted from. */
const filePathId = 2147483546

/**
 * Finds the files of position deletes that may name rows of a data file: of the same partition, not older, and with bounds
 * around its path: https://iceberg.apache.org/spec/#scan-planning. Throws NACRE_INPUT for deletes of another kind.
 */
export function positionDeletes(table: string, manifests: readonly Manifest[]): FindDeletes {
  const byPartition = new Map<string, DeleteFile[]>()
  for (const { spec, entries } of manifests)
    for (const entry of entries) {
      if (entry.status === entryStatus.deleted) continue
      const key = partitionKey(spec['spec-id'], entry.data_file.partition)
      const files = byPartition.get(key) ?? []
      byPartition.set(key, files)
      files.push(readDeleteFile(table, entry))
    }
  if (byPartition.size === 0) return () => []
  return (specId, { path, partition, sequenceNumber }) =>
    (byPartition.get(partitionKey(specId, partition)) ?? [])
      .filter((file) => file.sequenceNumber >= sequenceNumber && mayName(file, path))
      .map((file) => file.path)
}

function partitionKey(specId: number, partition: PartitionTuple): string {
  return `${specId} ${tupleKey(partition)}`
}

interface DeleteFile {
  readonly path: string
  readonly sequenceNumber: LongId
  readonly only: string | null
  readonly lower: Buffer | undefined
  readonly upper: Buffer | undefined
}

function readDeleteFile(
  table: string,
  { data_file: file, sequence_number: sequenceNumber }: ManifestEntry,
): DeleteFile {
  const unreadable = (what: string): NacreError =>
    new NacreError(
      'NACRE_INPUT',
      `Table '${table}' has ${what} in ${file.file_path}, which Nacre does not read. Rewrite its data files with the engine that wrote it (in Spark: CALL system.rewrite_data_files with 'delete-file-threshold' => '1'), and let it write in copy-on-write mode.`,
      { details: { table, file: file.file_path } },
    )
  if (file.content === fileContent.equalityDeletes) throw unreadable('equality deletes')
  if (file.file_format.toUpperCase() !== 'PARQUET') throw unreadable(`deletes as ${file.file_format}`)
  const bound = (bounds: ByFieldId<Uint8Array> | null): Buffer | undefined => {
    const found = bounds?.find(({ key }) => key === filePathId)?.value
    return found && Buffer.from(found)
  }
  return {
    path: file.file_path,
    sequenceNumber,
    only: file.referenced_data_file ?? null,
    lower: bound(file.lower_bounds),
    upper: bound(file.upper_bounds),
  }
}

function mayName({ only, lower, upper }: DeleteFile, path: string): boolean {
  if (only !== null) return only === path
  const bytes = Buffer.from(path)
  return (!lower || lower.compare(bytes) <= 0) && (!upper || bytes.compare(upper) <= 0)
}
