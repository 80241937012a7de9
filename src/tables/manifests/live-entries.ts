import type { LoadedTable } from '../commit/commit-tables.ts'
import type { PlacedEntry } from './delete-files.ts'
import { entryStatus } from './manifest.ts'
import { mapConcurrently } from '../commit/map-concurrently.ts'
import type { Schema } from '../schema/schema.ts'
import type { Snapshot } from '../metadata/table-metadata.ts'
import type { TableReader } from '../catalog/table-reader.ts'

/** A live file's entry with the spec and schema it was written under. */
export interface LiveEntry extends PlacedEntry {
  readonly schema: Schema
}

/** The live files of a snapshot, those of rows apart from those of deletes. */
export async function liveEntries(
  tables: TableReader,
  table: LoadedTable,
  snapshot: Snapshot | null,
): Promise<{ readonly data: readonly LiveEntry[]; readonly deletes: readonly LiveEntry[] }> {
  const list = await tables.manifests(table, snapshot)
  const entries = await mapConcurrently(list, async (listed) => {
    const { entries: all, spec, schema } = await tables.manifest(listed)
    return all
      .filter(({ status }) => status !== entryStatus.deleted)
      .map((entry) => ({ entry, spec, schema }))
  })
  const isOfData = ({ entry }: LiveEntry): boolean => entry.data_file.content === 0
  const all = entries.flat()
  return { data: all.filter(isOfData), deletes: all.filter((one) => !isOfData(one)) }
}
