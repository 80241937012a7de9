import type { CatalogRow } from './catalog-rows.ts'
import type { CommitWorld } from '../commit/commit-tables.ts'
import { decodeManifestList } from '../manifests/manifest-list.ts'
import { mapConcurrently } from '../commit/map-concurrently.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'
import { liesInside } from './table-places.ts'

type PurgeWorld = Pick<CommitWorld, 'store' | 'tables' | 'log'>

/**
 * Deletes the files that a table's metadata reaches, as far as they lie inside the table's location. For a table that is no
 * longer in the catalog. Files that cannot be read or deleted stay: nothing names them.
 */
export async function purgeTable(world: PurgeWorld, row: CatalogRow): Promise<void> {
  const { store, tables, log } = world
  const metadataLocation = row.metadata_location
  const metadata = await tables.load(row).then(
    (table) => table.metadata,
    (error: unknown) =>
      log.warn({ table: row.name, error }, 'A dropped table cannot be read; its files stay.'),
  )
  if (!metadata) return
  const metadataFiles = [metadataLocation, ...metadata['metadata-log'].map((entry) => entry['metadata-file'])]
  const files = new Set([...(await reachableFiles(world, metadata)), ...metadataFiles])
  const own = [...files].filter((uri) => liesInside(uri, metadata.location))
  await mapConcurrently(own, (uri) =>
    store.delete(uri).catch((error: unknown) => log.warn({ uri, error }, 'A file of a dropped table stays.')),
  )
  if (own.length < files.size)
    log.warn(
      { location: metadata.location, files: files.size - own.length },
      'Files of a dropped table lie outside its location and stay.',
    )
}

/** Manifest lists, manifests, data, delete and statistics files of every snapshot. */
async function reachableFiles(
  { tables, log }: PurgeWorld,
  metadata: TableMetadata,
): Promise<readonly string[]> {
  const unless = <Content>(uri: string, read: Promise<readonly Content[]>): Promise<readonly Content[]> =>
    read.catch((error: unknown) => {
      log.warn({ uri, error }, 'A file of a dropped table cannot be read; what it names stays.')
      return []
    })
  const lists = metadata.snapshots.map((snapshot) => snapshot['manifest-list'])
  const listed = await mapConcurrently(lists, (uri) =>
    unless(uri, tables.decoded.read(uri, decodeManifestList)),
  )
  const manifests = [...new Map(listed.flat().map((entry) => [entry.manifest_path, entry])).values()]
  const data = await mapConcurrently(manifests, (entry) =>
    unless(
      entry.manifest_path,
      tables.manifest(entry).then(({ entries }) => entries),
    ),
  )
  const statistics = [...(metadata.statistics ?? []), ...(metadata['partition-statistics'] ?? [])]
  return [
    ...lists,
    ...manifests.map((entry) => entry.manifest_path),
    ...data.flat().map((entry) => entry.data_file.file_path),
    ...statistics.map((file) => file['statistics-path']),
  ]
}
