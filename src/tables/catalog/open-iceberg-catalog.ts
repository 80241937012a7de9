import { NacreError } from '../../base/index.ts'
import { deleteRow, lockNames, renameRow, selectRow } from './catalog-rows.ts'
import { checkPlaces } from '../commit/check-foreign-commit.ts'
import { commitTables, retryLostRaces } from '../commit/commit-tables.ts'
import { commitUpdates } from '../commit/commit-updates.ts'
import { planTableRequest, requestedLocation, stagedMetadata } from './create-table.ts'
import type { IcebergCatalog, IcebergWorld, TableRequest } from './iceberg-catalog.ts'
import { openNamespaces, requireNamespace, selectPage } from './namespaces.ts'
import { purgeTable } from './purge-table.ts'
import { registerTable } from './register-table.ts'
import { namespaceName, notFound, requireTableName, splitName } from './table-names.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'
import { newLocation, requireInside } from './table-places.ts'
import { requireDistinctName } from './view-rows.ts'
import { openViews } from './views.ts'

/** Opens the catalog that the REST API serves, on the same tables and the same commits as the rest of Nacre. */
export function openIcebergCatalog(world: IcebergWorld): IcebergCatalog {
  const { database, store, tables, warehouse } = world
  return {
    ...openNamespaces(database),
    ...openViews(world),

    async listTables(namespace, page = {}) {
      const name = namespaceName(namespace)
      await requireNamespace(database, name)
      return selectPage(database, 'catalog_table', name, page)
    },

    loadTable: (name) => tables.get(name),

    stageTable,

    async createTable(request, { within } = {}) {
      const { name } = request
      const updates = planTableRequest(request)
      return retryLostRaces(world, [name], async () => {
        const { location } = await stageTable(request)
        const base = { name, location }
        if (await selectRow(database, name)) throw exists(name)
        const made = await commitTables(
          world,
          [{ base, requirements: [], updates, files: [] }],
          async (transaction, tables) => within?.(transaction, [], tables),
        )
        return made?.[0]
      })
    },

    registerTable: (name, metadataLocation, options) => registerTable(world, name, metadataLocation, options),

    renameTable: (from, to, { within } = {}) =>
      database.transaction(async (transaction) => {
        requireTableName(to)
        await lockNames(transaction)
        await requireNamespace(transaction, splitName(to).namespace)
        if (!(await selectRow(transaction, from))) throw notFound('Table', from)
        if (await selectRow(transaction, to)) throw exists(to)
        await requireDistinctName(transaction, to)
        await renameRow(transaction, from, to)
        await within?.(transaction, [], [])
      }),

    async dropTable(name, { purge = false, within } = {}) {
      const row = await database.transaction(async (transaction) => {
        await lockNames(transaction)
        const dropped = await deleteRow(transaction, name)
        if (!dropped) throw notFound('Table', name)
        await within?.(transaction, [], [])
        return dropped
      })
      if (purge) await purgeTable(world, row)
    },

    commit: (changes, options = {}) => commitUpdates(world, changes, options),
  }

  async function stageTable(request: TableRequest): Promise<TableMetadata> {
    const staged = stagedMetadata(request, await placeOf(request), world.clock.now())
    checkPlaces(warehouse, null, staged)
    return staged
  }

  /** The folder of a table that is to be made. */
  async function placeOf(request: TableRequest): Promise<string> {
    requireTableName(request.name)
    await requireNamespace(database, splitName(request.name).namespace)
    const location = requestedLocation(request)
    if (location === undefined) return newLocation(store, warehouse, request.name)
    requireInside('Location', location, warehouse)
    return location
  }
}

function exists(name: string): NacreError {
  return new NacreError('NACRE_CONFLICT', `Table '${name}' exists already. Choose another name.`, {
    details: { table: name },
  })
}
