import { NacreError } from '../../base/index.ts'
import type { DataFile, PartitionTuple } from '../manifests/data-file.ts'
import { canonicalTuple, matchesAny, typedPartitionFields } from '../manifests/partition-tuples.ts'
import type { FileReplacement, TableChange } from './table-change.ts'
import { currentSchema, currentSpec, type TableMetadata } from '../metadata/table-metadata.ts'

/** A change in its normal form: first files go, then files come. */
export interface TableEdit {
  /** Partitions whose files go; the empty tuple, which every partition matches, stands for the whole table. */
  readonly removes: readonly PartitionTuple[]
  /** Single files that go, each with what stands in for it. Not together with `removes`. */
  readonly replacements: readonly FileReplacement[]
  readonly adds: readonly DataFile[]
}

/**
 * One edit that does what the changes of one table do one after the other. Tuples come out in canonical form and files
 * without rows are left out. Throws NACRE_INPUT for a file that does not belong to the table or to the partitions overwritten.
 */
export function editOf(metadata: TableMetadata, changes: readonly TableChange[]): TableEdit {
  return changes
    .map((change) => singleEdit(metadata, change))
    .reduce(composeEdits, { removes: [], replacements: [], adds: [] })
}

function composeEdits(first: TableEdit, second: TableEdit): TableEdit {
  const removes = [...first.removes, ...second.removes]
  const replacements = [...first.replacements, ...second.replacements]
  if (removes.length > 0 && replacements.length > 0)
    throw new NacreError(
      'NACRE_INPUT',
      `One commit rewrites files of ${replacements[0]!.table} and overwrites partitions of it. Commit one after the other.`,
    )
  const kept = first.adds.filter((file) => !matchesAny(file.partition, second.removes))
  const adds = [...kept, ...second.adds]
  refuseRepeated(adds.map(({ path }) => path))
  refuseRepeated(replacements.flatMap((replacement) => replacement.removes))
  return { removes, replacements, adds }
}

function refuseRepeated(paths: readonly string[]): void {
  const seen = new Set<string>()
  for (const path of paths) {
    if (seen.size === seen.add(path).size)
      throw new NacreError('NACRE_INPUT', `File ${path} is named twice in one commit.`)
  }
}

function singleEdit(metadata: TableMetadata, change: TableChange): TableEdit {
  const fields = typedPartitionFields(currentSpec(metadata), currentSchema(metadata))
  const files = change.files.map((file) => {
    checkFile(metadata, change.table, file)
    return { ...file, partition: canonicalTuple(fields, file.partition) }
  })
  const adds = files.filter((file) => file.rowCount > 0)
  switch (change.kind) {
    case 'append':
      return { removes: [], replacements: [], adds }
    case 'rewrite':
    case 'delete-rows':
      return { removes: [], replacements: [change], adds }
    case 'replace':
      return { removes: [{}], replacements: [], adds }
    case 'overwrite-partitions': {
      const removes = change.partitions.map((tuple) => canonicalTuple(fields, tuple, { partial: true }))
      const outside = files.find((file) => !matchesAny(file.partition, removes))
      if (outside === undefined) return { removes, replacements: [], adds }
      throw new NacreError(
        'NACRE_INPUT',
        `File ${outside.path} of ${change.table} holds partition ${JSON.stringify(outside.partition)}, which is not among the partitions overwritten: ${removes.map((tuple) => JSON.stringify(tuple)).join(', ') || 'none'}. Write rows of those partitions only.`,
      )
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
