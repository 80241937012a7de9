import type { ManifestEntry } from './manifest.ts'
import { tupleKey } from './partition-tuples.ts'
import { fileContent } from './position-deletes.ts'
import type { PartitionSpec } from '../schema/schema.ts'

/** An entry with the spec its partition is of. */
export interface PlacedEntry {
  readonly entry: ManifestEntry
  readonly spec: PartitionSpec
}

/** Reserved for the column of a position delete file that names the data file. */
const filePathId = 2147483546

/** Whether a delete file may take rows out of a data file: https://iceberg.apache.org/spec/#scan-planning. */
export function mayDeleteFrom(deletes: PlacedEntry, data: PlacedEntry): boolean {
  const { entry, spec } = deletes
  const file = entry.data_file
  if (file.content === fileContent.equalityDeletes) {
    if (data.entry.sequence_number >= entry.sequence_number) return false
    return spec.fields.length === 0 || isSamePartition(deletes, data)
  }
  if (data.entry.sequence_number > entry.sequence_number || !isSamePartition(deletes, data)) return false
  const bound = (bounds: typeof file.lower_bounds): string | undefined => {
    const value = bounds?.find(({ key }) => key === filePathId)?.value
    return value && Buffer.from(value).toString()
  }
  const path = data.entry.data_file.file_path
  if (file.referenced_data_file) return file.referenced_data_file === path
  const [lower, upper] = [bound(file.lower_bounds), bound(file.upper_bounds)]
  return (lower === undefined || lower <= path) && (upper === undefined || path <= upper)
}

function isSamePartition(one: PlacedEntry, other: PlacedEntry): boolean {
  return (
    one.spec['spec-id'] === other.spec['spec-id'] &&
    tupleKey(one.entry.data_file.partition) === tupleKey(other.entry.data_file.partition)
  )
}
