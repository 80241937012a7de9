import { decodeManifestList } from '../manifests/manifest-list.ts'
import { checkNewSnapshot } from './check-new-snapshot.ts'
import type { IcebergWorld } from '../catalog/iceberg-catalog.ts'
import { mapConcurrently } from './map-concurrently.ts'
import { refuse } from '../metadata/refuse.ts'
import type { Snapshot, TableMetadata } from '../metadata/table-metadata.ts'
import { liesInside, requireInside, requireOwn } from '../catalog/table-places.ts'

/**
 * Checks what an outside engine makes of a table before it is taken: that all its files are where they may be, are there as
 * stated and can be read. Throws NACRE_INPUT naming the file. Snapshots in `checked` are known to be good; good ones are added,
 * each with its table's place, for ids are the sender's choice.
 */
export async function checkForeignCommit(
  world: IcebergWorld,
  change: { before: TableMetadata | null; after: TableMetadata; checked: Set<string> },
): Promise<void> {
  const { before, after, checked } = change
  checkPlaces(world.warehouse, before, after)
  await checkRemovedSpecs(world, before, after)
  // Not by id: a commit may remove a snapshot and add another of the same id.
  const known = new Set(before?.snapshots)
  for (const snapshot of after.snapshots) {
    const key = `${after.location} ${snapshot['snapshot-id']}`
    if (known.has(snapshot) || checked.has(key)) continue
    checkTime(snapshot, world.clock.now())
    await checkNewSnapshot(world, after, snapshot)
    checked.add(key)
  }
}

/** How far ahead the clock of an engine may be. */
const maxAheadMs = 86_400_000

/** A snapshot of the far future would not expire until then, and hide from readers by time all that comes after it. */
function checkTime({ 'snapshot-id': id, 'timestamp-ms': timeMs }: Snapshot, nowMs: number): void {
  if (timeMs > nowMs + maxAheadMs)
    refuse(
      `Snapshot ${id} is dated ${timeMs} ms since 1970, more than a day ahead of ${nowMs}, the time here. Set the clock of the engine.`,
    )
}

/** Properties that name a place for files. */
const placeProperties = [
  'write.data.path',
  'write.metadata.path',
  'write.object-storage.path',
  'write.folder-storage.path',
]

/**
 * Throws NACRE_INPUT unless all files of a table lie in its folder, and that inside the warehouse: keys for a table's files, its
 * purge and its sweep rest on it.
 */
export function checkPlaces(warehouse: string, before: TableMetadata | null, after: TableMetadata): void {
  const { location, properties } = after
  if (location !== before?.location) {
    requireInside('Location', location, warehouse)
    if (before && before.snapshots.length > 0)
      refuse(
        `The table's files lie in ${before.location}, so it cannot move to ${location}. Make a table there and copy the rows.`,
      )
  }
  for (const key of placeProperties) {
    const folder = properties[key]?.replace(/\/+$/, '')
    if (folder !== undefined && !liesInside(folder, location))
      refuse(
        `Property ${key} names ${folder}, which is not inside the table's location ${location}. Leave it out, or name a place in there.`,
      )
  }
  for (const file of [...(after.statistics ?? []), ...(after['partition-statistics'] ?? [])])
    requireOwn('Statistics file', file['statistics-path'], location)
}

/** A spec can go once no manifest is of it. */
async function checkRemovedSpecs(
  { tables }: IcebergWorld,
  before: TableMetadata | null,
  after: TableMetadata,
): Promise<void> {
  const left = new Set(after['partition-specs'].map((spec) => spec['spec-id']))
  if (!before || before['partition-specs'].every((spec) => left.has(spec['spec-id']))) return
  await mapConcurrently(after.snapshots, async (snapshot) => {
    const list = await tables.decoded.read(snapshot['manifest-list'], decodeManifestList)
    const user = list.find((listed) => !left.has(listed.partition_spec_id))
    if (user)
      refuse(
        `Partition spec ${user.partition_spec_id} is that of files in snapshot ${snapshot['snapshot-id']} and cannot be removed before it.`,
      )
  })
}
