import { isDeepStrictEqual } from 'node:util'
import { NacreError, toNacreError } from '../../base/index.ts'
import { deleteRow, insertRow, lockNames, selectRow } from './catalog-rows.ts'
import { checkPlaces } from '../commit/check-foreign-commit.ts'
import { checkMetadata } from '../metadata/check-metadata.ts'
import type { LoadedTable } from '../commit/commit-tables.ts'
import type { IcebergWorld, WithinIceberg } from './iceberg-catalog.ts'
import { entryStatus } from '../manifests/manifest.ts'
import { decodeManifestList } from '../manifests/manifest-list.ts'
import { mapConcurrently } from '../commit/map-concurrently.ts'
import { requireNamespace } from './namespaces.ts'
import { parseMetadata } from '../metadata/parse-metadata.ts'
import { currentSchema } from '../metadata/table-metadata.ts'
import { requireTableName, splitName } from './table-names.ts'
import { requireFreePlace, requireInside, requireOwn } from './table-places.ts'
import { requireDistinctName } from './view-rows.ts'

/** Takes up a table that another catalog or engine wrote inside the warehouse; see IcebergCatalog.registerTable. */
export async function registerTable(
  world: IcebergWorld,
  name: string,
  metadataLocation: string,
  { overwrite = false, within }: { overwrite?: boolean; within?: WithinIceberg } = {},
): Promise<LoadedTable> {
  requireTableName(name)
  const { database, store, warehouse } = world
  requireInside('Metadata file', metadataLocation, warehouse)
  const metadata = parseMetadata(await store.read(metadataLocation), metadataLocation)
  const { location, 'table-uuid': tableUuid } = metadata
  checkPlaces(warehouse, null, metadata)
  checkMetadata(metadata)
  const table = { name, metadataLocation, metadata }
  await checkFiles(world, table)
  if (overwrite) await announceSchema(world, table)
  await database.transaction(async (transaction) => {
    await lockNames(transaction)
    await requireNamespace(transaction, splitName(name).namespace)
    await requireDistinctName(transaction, name)
    const present = await selectRow(transaction, name)
    if (present && !overwrite)
      throw new NacreError(
        'NACRE_CONFLICT',
        `Table '${name}' exists already. Register it under another name, or with overwrite.`,
      )
    if (present) await deleteRow(transaction, name)
    await requireFreePlace(transaction, { name, tableUuid, location })
    await insertRow(transaction, {
      name,
      table_uuid: tableUuid,
      metadata_location: metadataLocation,
      location,
    })
    await within?.(transaction, [], [table])
  })
  return table
}

/** The table that is replaced may have others who rely on its schema. One that cannot be read has none. */
async function announceSchema(world: IcebergWorld, { name, metadata }: LoadedTable): Promise<void> {
  const row = await selectRow(world.database, name)
  const present = row && (await world.tables.load(row).catch(() => undefined))
  if (!present) return
  const [before, after] = [currentSchema(present.metadata), currentSchema(metadata)]
  if (!isDeepStrictEqual(before, after)) await world.onSchemaChange?.({ table: name, before, after })
}

/** A table could name any file: one outside its folder would be read, and handed out, as if it were its own. */
async function checkFiles({ tables }: IcebergWorld, { metadata }: LoadedTable): Promise<void> {
  const lists = metadata.snapshots.map((snapshot) => snapshot['manifest-list'])
  for (const uri of lists) requireOwn('Manifest list', uri, metadata.location)
  const listed = await mapConcurrently(lists, (uri) =>
    reading(uri, () => tables.decoded.read(uri, decodeManifestList)),
  )
  const manifests = new Map(listed.flat().map((entry) => [entry.manifest_path, entry]))
  await mapConcurrently([...manifests.values()], async (entry) => {
    requireOwn('Manifest', entry.manifest_path, metadata.location)
    const { entries } = await reading(entry.manifest_path, () => tables.manifest(entry))
    for (const { status, data_file: file } of entries)
      if (status !== entryStatus.deleted) requireOwn('File', file.file_path, metadata.location)
  })
}

async function reading<Content>(uri: string, read: () => Promise<Content>): Promise<Content> {
  try {
    return await read()
  } catch (error) {
    const { code, message } = toNacreError(error)
    if (!['NACRE_NOT_FOUND', 'NACRE_CORRUPT', 'NACRE_INPUT'].includes(code)) throw error
    throw new NacreError('NACRE_INPUT', `The table cannot be registered: ${uri} cannot be read: ${message}`, {
      cause: error,
    })
  }
}
