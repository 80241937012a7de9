import { NacreError } from '../../base/index.ts'
import type { DataFile } from '../manifests/data-file.ts'
import { mayDeleteFrom, type PlacedEntry } from '../manifests/delete-files.ts'
import { fileContent } from '../manifests/position-deletes.ts'
import type { FileReplacement } from './table-change.ts'
import { ancestorsOf } from '../metadata/snapshot-history.ts'
import type { Snapshot, TableMetadata } from '../metadata/table-metadata.ts'

/**
 * Throws NACRE_COMMIT_CONFLICT when a file that is to be replaced went or lost rows since it was read: what stands in for it
 * would bring rows back. Throws NACRE_INPUT when a rewrite does not keep every row.
 */
export function checkReplacements(
  metadata: TableMetadata,
  parent: Snapshot | null,
  replacements: readonly FileReplacement[],
  files: {
    /** The live files that go. */
    readonly removed: readonly PlacedEntry[]
    readonly deletes: readonly PlacedEntry[]
    readonly adds: readonly DataFile[]
  },
): void {
  const found = new Map(files.removed.map((one) => [one.entry.data_file.file_path, one]))
  for (const { kind, table, basedOn, removes, files: written } of replacements) {
    const conflict = (reason: string): NacreError =>
      new NacreError(
        'NACRE_COMMIT_CONFLICT',
        `Table '${table}' changed: ${reason}. Read it again and retry.`,
        {
          details: { table },
        },
      )
    const base = ancestorsOf(metadata, parent).find(({ 'snapshot-id': id }) => String(id) === basedOn)
    if (base === undefined) throw conflict(`snapshot ${basedOn} no longer leads to its present state`)
    const gone = removes.find((path) => !found.has(path))
    if (gone !== undefined) throw conflict(`file ${gone} is no longer part of it`)
    const replaced = removes.map((path) => found.get(path)!)
    const applying = files.deletes.filter((one) => replaced.some((file) => mayDeleteFrom(one, file)))
    if (applying.some(({ entry }) => entry.sequence_number > base['sequence-number']))
      throw conflict('rows of the files read were deleted since')
    const before = rowsOf(replaced)
    const isExact = applying.every(({ entry }) => entry.data_file.content === fileContent.positionDeletes)
    const least = kind === 'delete-rows' || !isExact ? 0 : before - rowsOf(applying)
    const after = written.reduce((sum, { rowCount }) => sum + rowCount, 0)
    if (after > before || after < least)
      throw new NacreError(
        'NACRE_INPUT',
        `A ${kind} of ${before} rows of '${table}' cannot give ${after}. Read the files that go whole, and write what is to stay.`,
        { details: { table } },
      )
  }
}

function rowsOf(files: readonly PlacedEntry[]): number {
  return files.reduce((sum, { entry }) => sum + Number(entry.data_file.record_count), 0)
}
