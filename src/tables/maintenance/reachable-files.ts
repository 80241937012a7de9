import type { LoadedTable } from '../commit/commit-tables.ts'
import { entryStatus, type ManifestEntry } from '../manifests/manifest.ts'
import type { ManifestListEntry } from '../manifests/manifest-list.ts'
import { mapConcurrently } from '../commit/map-concurrently.ts'
import type { Snapshot } from '../metadata/table-metadata.ts'
import type { TableReader } from '../catalog/table-reader.ts'

/** Every file that one of the snapshots needs: its list, its manifests, and the data and delete files that live in it. */
export async function filesOfSnapshots(
  tables: TableReader,
  table: LoadedTable,
  snapshots: readonly Snapshot[],
): Promise<ReadonlySet<string>> {
  const manifests = await manifestsOf(tables, table, snapshots)
  const entries = await mapConcurrently([...manifests.values()], async (listed) =>
    (await tables.manifest(listed, table.name, { isPassing: true })).entries.filter(isLive),
  )
  return new Set([
    ...snapshots.map((snapshot) => snapshot['manifest-list']),
    ...manifests.keys(),
    ...entries.flatMap((some) => some.map((entry) => entry.data_file.file_path)),
  ])
}

/** The files that snapshots which are gone needed and that none of those which are left needs. */
export async function filesOnlyOf(
  tables: TableReader,
  table: LoadedTable,
  { gone, left }: { gone: readonly Snapshot[]; left: readonly Snapshot[] },
): Promise<readonly string[]> {
  if (gone.length === 0) return []
  const leftManifests = await manifestsOf(tables, table, left)
  const goneManifests = [...(await manifestsOf(tables, table, gone)).values()].filter(
    (listed) => !leftManifests.has(listed.manifest_path),
  )
  const candidates = new Set(statisticsOnlyOf(table, gone))
  for (const entries of await mapConcurrently(
    goneManifests,
    async (listed) => (await tables.manifest(listed, table.name, { isPassing: true })).entries,
  ))
    for (const entry of entries) if (isLive(entry)) candidates.add(entry.data_file.file_path)
  if (candidates.size > 0) {
    await mapConcurrently([...leftManifests.values()], async (listed) => {
      for (const entry of (await tables.manifest(listed, table.name, { isPassing: true })).entries)
        if (isLive(entry)) candidates.delete(entry.data_file.file_path)
    })
  }
  // Data first: as long as its manifest is there, an orphan can be told from a stranger.
  return [
    ...candidates,
    ...goneManifests.map((listed) => listed.manifest_path),
    ...gone.map((snapshot) => snapshot['manifest-list']),
  ]
}

/** Statistics that engines wrote of snapshots which are gone, and of no other. What they say is theirs may yet be another's. */
function statisticsOnlyOf({ metadata }: LoadedTable, gone: readonly Snapshot[]): readonly string[] {
  const ids = new Set(gone.map((snapshot) => snapshot['snapshot-id']))
  const all = [...(metadata.statistics ?? []), ...(metadata['partition-statistics'] ?? [])]
  const others = new Set(
    all.filter((file) => !ids.has(file['snapshot-id'])).map((file) => file['statistics-path']),
  )
  return all
    .filter((file) => ids.has(file['snapshot-id']))
    .map((file) => file['statistics-path'])
    .filter((path) => !others.has(path) && !/\.(avro|json|gz)$/.test(path))
}

async function manifestsOf(
  tables: TableReader,
  table: LoadedTable,
  snapshots: readonly Snapshot[],
): Promise<ReadonlyMap<string, ManifestListEntry>> {
  const lists = await mapConcurrently(snapshots, (snapshot) => tables.manifests(table, snapshot))
  return new Map(lists.flat().map((listed) => [listed.manifest_path, listed]))
}

function isLive({ status }: ManifestEntry): boolean {
  return status !== entryStatus.deleted
}
