import { NacreError } from '../../base/index.ts'
import { selectOverlapping } from '../catalog/catalog-rows.ts'
import type { LoadedTable } from '../commit/commit-tables.ts'
import { deleteFiles, isInside } from './delete-files-inside.ts'
import type { ChangeWorld } from '../commit/commit-changes.ts'
import { filesOfSnapshots } from './reachable-files.ts'
import type { SweepOptions, SweepReport } from './table-maintenance.ts'

const threeDaysMs = 3 * 86_400_000

/** See TableMaintenance.sweepOrphans. */
export async function sweepOrphans(
  world: ChangeWorld,
  name: string,
  { olderThanMs = threeDaysMs, dryRun = false }: SweepOptions = {},
): Promise<SweepReport> {
  const { location } = (await world.tables.get(name)).metadata
  const before = world.clock.now() - olderThanMs
  // Listed before the table is read: what is committed in between is in the table, not in the list.
  const old: { readonly uri: string; readonly sizeBytes: number }[] = []
  for await (const { uri, sizeBytes, modifiedAt } of world.store.list(location))
    if (modifiedAt <= before) old.push({ uri, sizeBytes })
  const table = await world.tables.get(name)
  await refuseSharedFolder(world, table)
  const needed = await neededFiles(world, table)
  const files = old.filter(({ uri }) => isInside(table, uri) && !needed.has(uri))
  if (!dryRun)
    await deleteFiles(
      world,
      table,
      files.map(({ uri }) => uri),
    )
  return { files }
}

async function neededFiles({ tables }: ChangeWorld, table: LoadedTable): Promise<ReadonlySet<string>> {
  const { metadata, metadataLocation } = table
  const statistics = [...(metadata.statistics ?? []), ...(metadata['partition-statistics'] ?? [])]
  return new Set([
    ...(await filesOfSnapshots(tables, table, metadata.snapshots)),
    ...statistics.map((file) => file['statistics-path']),
    ...metadata['metadata-log'].map((entry) => entry['metadata-file']),
    metadataLocation,
  ])
}

/** What another table needs in this folder is not known here. */
async function refuseSharedFolder({ database }: ChangeWorld, { name, metadata }: LoadedTable): Promise<void> {
  const place = { name, tableUuid: metadata['table-uuid'], location: metadata.location }
  const [other] = await selectOverlapping(database, place)
  if (other)
    throw new NacreError(
      'NACRE_CONFLICT',
      `Tables '${other.name}' and '${name}' share the folder ${metadata.location}, so it cannot be told whose files are there. Move or drop one of them.`,
    )
}
