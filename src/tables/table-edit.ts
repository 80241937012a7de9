import { NacreError } from '../base/index.ts'
import type { DataFile, PartitionTuple } from './data-file.ts'
import { canonicalTuple, matchesAny, typedPartitionFields } from './partition-tuples.ts'
import type { TableChange } from './table-change.ts'
import { currentSchema, currentSpec, type TableMetadata } from './table-metadata.ts'

/** A change in its normal form: first files go, then files come. */
export interface TableEdit {
  /** Partitions whose files go; the empty tuple, which every partition matches, stands for the whole table. */
  readonly removes: readonly PartitionTuple[]
  readonly adds: readonly DataFile[]
}

/**
 * One edit that does what the changes of one table do one after the other. Tuples come out in canonical form and files
 * without rows are left out. Throws NACRE_INPUT for a file that does not belong to the table or to the partitions overwritten.
 */
export function editOf(metadata: TableMetadata, changes: readonly TableChange[]): TableEdit {
  return changes.map((change) => singleEdit(metadata, change)).reduce(composeEdits, { removes: [], adds: [] })
}

function composeEdits(first: TableEdit, second: TableEdit): TableEdit {
  const kept = first.adds.filter((file) => !matchesAny(file.partition, second.removes))
  const paths = new Set(kept.map(({ path }) => path))
  const twice = second.adds.find(({ path }) => paths.size === paths.add(path).size)
  if (twice) throw new NacreError('NACRE_INPUT', `File ${twice.path} is named twice in one commit.`)
  return { removes: [...first.removes, ...second.removes], adds: [...kept, ...second.adds] }
}

function singleEdit(metadata: TableMetadata, change: TableChange): TableEdit {
  const fields = typedPartitionFields(currentSpec(metadata), currentSchema(metadata))
  const adds = change.files.map((file) => {
    checkFile(metadata, change.table, file)
    return { ...file, partition: canonicalTuple(fields, file.partition) }
  })
  const edit = { removes: removedPartitions(), adds: adds.filter((file) => file.rowCount > 0) }
  const outside =
    change.kind === 'append' ? undefined : adds.find((file) => !matchesAny(file.partition, edit.removes))
  if (outside)
    throw new NacreError(
      'NACRE_INPUT',
      `File ${outside.path} of ${change.table} holds partition ${JSON.stringify(outside.partition)}, which is not among the partitions overwritten: ${edit.removes.map((tuple) => JSON.stringify(tuple)).join(', ') || 'none'}. Write rows of those partitions only.`,
    )
  return edit

  function removedPartitions(): readonly PartitionTuple[] {
    switch (change.kind) {
      case 'append':
        return []
      case 'replace':
        return [{}]
      case 'overwrite-partitions':
        return change.partitions.map((tuple) => canonicalTuple(fields, tuple, { partial: true }))
    }
  }
}

function checkFile(metadata: TableMetadata, table: string, file: DataFile): void {
  const folder = `${metadata.location}/data/`
  const segments = file.path.slice(folder.length).split('/')
  if (!file.path.startsWith(folder) || segments.some((segment) => ['', '.', '..'].includes(segment)))
    throw new NacreError(
      'NACRE_INPUT',
      `File ${file.path} does not lie in ${folder}, where ${table} keeps its data.`,
    )
  for (const [what, count] of [
    ['row count', file.rowCount],
    ['size', file.sizeBytes],
  ] as const) {
    if (!Number.isSafeInteger(count) || count < 0)
      throw new NacreError(
        'NACRE_INPUT',
        `File ${file.path} of ${table} has ${what} ${count}; it must be a whole number from 0.`,
      )
  }
}
