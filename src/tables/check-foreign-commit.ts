import { NacreError } from '../base/index.ts'
import { selectOverlapping } from './catalog-rows.ts'
import { checkNewSnapshot } from './check-new-snapshot.ts'
import type { IcebergWorld } from './iceberg-catalog.ts'
import type { LongId, TableMetadata } from './table-metadata.ts'
import { liesInside, requireInside, requireOwn } from './table-places.ts'

/** Properties that name a place for files beside the table's own folder. */
const placeProperties = [
  'write.data.path',
  'write.metadata.path',
  'write.object-storage.path',
  'write.folder-storage.path',
]

/**
 * Checks what an outside engine makes of a table before it is taken: that all its files are where they may be, are there as
 * stated and can be read. Throws NACRE_INPUT naming the file. Snapshots in `checked` are known to be good; good ones are added.
 */
export async function checkForeignCommit(
  world: IcebergWorld,
  name: string,
  change: { before: TableMetadata | null; after: TableMetadata; checked: Set<LongId> },
): Promise<void> {
  const { before, after, checked } = change
  if (after.location !== before?.location) requireInside('Location', after.location, world.warehouse)
  const folders = [after.location, ...(await otherFolders(world, name, after))]
  for (const file of [...(after.statistics ?? []), ...(after['partition-statistics'] ?? [])])
    requireOwn('Statistics file', file['statistics-path'], folders)
  const known = new Set(before?.snapshots.map((snapshot) => snapshot['snapshot-id']))
  for (const snapshot of after.snapshots) {
    const id = snapshot['snapshot-id']
    if (known.has(id) || checked.has(id)) continue
    await checkNewSnapshot(world, after, snapshot, folders)
    checked.add(id)
  }
}

/** The folders beside its own that a table's properties name: inside the warehouse, and no other table's. */
async function otherFolders(
  world: IcebergWorld,
  name: string,
  { location, properties, 'table-uuid': tableUuid }: TableMetadata,
): Promise<readonly string[]> {
  const folders: string[] = []
  for (const key of placeProperties) {
    const folder = properties[key]?.replace(/\/+$/, '')
    if (folder === undefined || liesInside(folder, location)) continue
    requireInside(`Property ${key}:`, folder, world.warehouse)
    const [other] = await selectOverlapping(world.database, { name, tableUuid, location: folder })
    if (other)
      throw new NacreError(
        'NACRE_INPUT',
        `Property ${key} names ${folder}, where table '${other.name}' lies. Choose a place of its own.`,
      )
    folders.push(folder)
  }
  return folders
}
