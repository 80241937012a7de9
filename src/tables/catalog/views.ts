import { NacreError, stringifyLossless, uuidv7 } from '../../base/index.ts'
import type { Transaction } from '../../database/index.ts'
import { lockNames, selectRow } from './catalog-rows.ts'
import { retryLostRaces } from '../commit/commit-tables.ts'
import type { IcebergCatalog, IcebergWorld, LoadedView } from './iceberg-catalog.ts'
import { readText } from '../metadata/json-readers.ts'
import { requireNamespace, selectPage } from './namespaces.ts'
import { publishFiles } from '../commit/publish-files.ts'
import { namespaceName, notFound, requireTableName, splitName } from './table-names.ts'
import { newLocation, requireFreePlace, requireInside } from './table-places.ts'
import {
  applyViewUpdates,
  checkViewRequirements,
  emptyView,
  parseViewMetadata,
  parseViewUpdates,
  planViewRequest,
  type ViewMetadata,
} from './view-metadata.ts'
import {
  deleteView,
  insertView,
  renameViewRow,
  requireDistinctName,
  selectView,
  selectViewOfUuid,
  swapView,
} from './view-rows.ts'

type ViewOperations = Pick<
  IcebergCatalog,
  'listViews' | 'loadView' | 'createView' | 'registerView' | 'commitView' | 'renameView' | 'dropView'
>

/** Views: their metadata is kept as the specification says; what they mean is the engines' affair. */
export function openViews(world: IcebergWorld): ViewOperations {
  const { database, store, warehouse, clock, tables } = world
  return {
    async listViews(namespace, page = {}) {
      const name = namespaceName(namespace)
      await requireNamespace(database, name)
      return selectPage(database, 'catalog_view', name, page)
    },

    loadView: async (name) => toLoaded(await load(name)),

    async createView(name, request) {
      requireTableName(name)
      const chosen = request['location'] ?? undefined
      const location =
        chosen === undefined
          ? await newLocation(store, warehouse, name)
          : readText(chosen, 'location').replace(/\/+$/, '')
      requireInside('Location', location, warehouse)
      const nowMs = clock.now()
      const metadata = applyViewUpdates(emptyView(uuidv7(nowMs), location), planViewRequest(request), nowMs)
      return retryLostRaces(world, [name], () =>
        write(name, metadata, async (transaction, uri) => {
          await lockNames(transaction)
          await requireNamespace(transaction, splitName(name).namespace)
          await requireFreeName(transaction, name)
          await requireFreePlace(transaction, { name, tableUuid: metadata['view-uuid'], location })
          const row = { name, view_uuid: metadata['view-uuid'], metadata_location: uri }
          return insertView(transaction, row)
        }),
      )
    },

    async registerView(name, metadataLocation) {
      requireTableName(name)
      requireInside('Metadata file', metadataLocation, warehouse)
      const metadata = parseViewMetadata(await store.read(metadataLocation), metadataLocation)
      const { location, 'view-uuid': uuid } = metadata
      requireInside('Location', location, warehouse)
      await database.transaction(async (transaction) => {
        await lockNames(transaction)
        await requireNamespace(transaction, splitName(name).namespace)
        await requireFreeName(transaction, name)
        const same = await selectViewOfUuid(transaction, uuid)
        if (same)
          throw new NacreError(
            'NACRE_CONFLICT',
            `'${name}' cannot be registered: view '${same.name}' has the uuid ${uuid}. Drop or rename that view.`,
          )
        await requireFreePlace(transaction, { name, tableUuid: uuid, location })
        await insertView(transaction, { name, view_uuid: uuid, metadata_location: metadataLocation })
      })
      return toLoaded({ name, metadataLocation, metadata })
    },

    commitView: (name, { requirements, updates }) =>
      retryLostRaces(world, [name], async () => {
        const { metadata: before, metadataLocation: from } = await load(name)
        checkViewRequirements(before, requirements)
        const metadata = applyViewUpdates(before, parseViewUpdates(updates), clock.now())
        const { location } = metadata
        const isMoved = location !== before.location
        if (isMoved) requireInside('Location', location, warehouse)
        return write(name, metadata, async (transaction, to) => {
          if (isMoved) {
            await lockNames(transaction)
            await requireFreePlace(transaction, { name, tableUuid: metadata['view-uuid'], location })
          }
          return swapView(transaction, { name, from, to })
        })
      }),

    renameView: (from, to) =>
      database.transaction(async (transaction) => {
        requireTableName(to)
        await lockNames(transaction)
        await requireNamespace(transaction, splitName(to).namespace)
        if (!(await selectView(transaction, from))) throw notFound('View', from)
        await requireFreeName(transaction, to)
        await renameViewRow(transaction, from, to)
      }),

    dropView: (name) =>
      database.transaction(async (transaction) => {
        await lockNames(transaction)
        if (!(await deleteView(transaction, name))) throw notFound('View', name)
      }),
  }

  async function load(name: string): Promise<StoredView> {
    const row = await selectView(database, name)
    if (!row) throw notFound('View', name)
    const uri = row.metadata_location
    const metadata = await tables.decoded.read(uri, (data) => parseViewMetadata(data, uri))
    return { name, metadataLocation: uri, metadata }
  }

  /** Writes the view's file and points its row at it; undefined when another commit came first. */
  async function write(
    name: string,
    metadata: ViewMetadata,
    point: (transaction: Transaction, uri: string) => Promise<boolean>,
  ): Promise<LoadedView | undefined> {
    const uri = `${metadata.location}/metadata/${uuidv7(clock.now())}.metadata.json`
    const file = { uri, data: Buffer.from(stringifyLossless(metadata)), content: metadata }
    const isDone = await publishFiles(world, [file], (transaction) => point(transaction, uri))
    return isDone ? toLoaded({ name, metadataLocation: uri, metadata }) : undefined
  }
}

/** Throws NACRE_CONFLICT: tables and views share their names. */
async function requireFreeName(transaction: Transaction, name: string): Promise<void> {
  await requireDistinctName(transaction, name)
  if (await selectRow(transaction, name))
    throw new NacreError('NACRE_CONFLICT', `Table '${name}' exists already. Choose another name.`)
}

interface StoredView {
  readonly name: string
  readonly metadataLocation: string
  readonly metadata: ViewMetadata
}

function toLoaded({ metadata, ...view }: StoredView): LoadedView {
  return { ...view, metadata: { ...metadata } }
}
