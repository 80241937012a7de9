import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../../src/database/index.ts'
import { openFileStore, type Store } from '../../../src/storage/index.ts'
import { migrations, openCatalog, type Catalog, type Schema } from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { faultStore, type FaultStore } from '../../support/fault-store.ts'
import { foreignAppend } from '../../support/foreign-snapshot.ts'
import { fakeFile, tempCatalog, type TempCatalog } from '../../support/temp-catalog.ts'

const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [{ id: 1, name: 'id', required: false, type: 'long' }],
}

const append = async (catalog: Catalog, store: Store, name: string) => {
  const table = await catalog.iceberg.loadTable(name)
  return foreignAppend(store, table, [await fakeFile(store, `${table.metadata.location}/data`)])
}

interface Operation {
  readonly name: string
  /** What it needs, made without faults; gives the work in which a call fails. */
  prepare(world: TempCatalog): Promise<(catalog: Catalog) => Promise<unknown>>
}

const operations: readonly Operation[] = [
  {
    name: 'creating a table',
    prepare: async () => (catalog) => catalog.iceberg.createTable({ name: 'a.new', schema }),
  },
  {
    name: "an outside engine's commit of two tables",
    async prepare({ catalog, store }) {
      const changes = [await append(catalog, store, 'a.one'), await append(catalog, store, 'a.two')]
      return (fresh) => fresh.iceberg.commit(changes)
    },
  },
  {
    name: 'registering over a table',
    async prepare({ catalog }) {
      const { metadataLocation } = await catalog.iceberg.loadTable('a.one')
      await catalog.iceberg.commit([
        { table: 'a.one', requirements: [], updates: [{ action: 'set-properties', updates: { k: 'v' } }] },
      ])
      return (fresh) => fresh.iceberg.registerTable('a.one', metadataLocation, { overwrite: true })
    },
  },
  { name: 'renaming', prepare: async () => (catalog) => catalog.iceberg.renameTable('a.one', 'a.renamed') },
  {
    name: 'dropping with purge',
    prepare: async () => (catalog) => catalog.iceberg.dropTable('a.one', { purge: true }),
  },
  {
    name: 'creating a view',
    prepare: async () => (catalog) =>
      catalog.iceberg.createView('a.view', {
        schema,
        'view-version': {
          'version-id': 1,
          'schema-id': 0,
          'timestamp-ms': 1,
          summary: {},
          representations: [{ type: 'sql', sql: 'select 1', dialect: 'duckdb' }],
          'default-namespace': [],
        },
      }),
  },
]

/** What every reader sees, through a catalog that has nothing cached; throws when a table cannot be read whole. */
async function state(database: Database, warehouse: string): Promise<string> {
  const catalog = openCatalog({ database, store: openFileStore(warehouse), warehouse })
  assert.deepEqual(await catalog.brokenTables(), [])
  const tables = await Promise.all(
    (await catalog.tables()).map(async ({ name, uuid, properties }) => {
      const { files } = await catalog.planScan(name)
      return [name, uuid, properties, files.map(({ path }) => path).toSorted()]
    }),
  )
  const views = await catalog.iceberg.listViews(['a'])
  for (const view of views.names) await catalog.iceberg.loadView(view)
  return JSON.stringify([tables, views])
}

/** Two tables with a file each, in a catalog that holds nothing else. */
async function world(
  database: Database,
  wrap: (store: Store) => Store = (store) => store,
): Promise<TempCatalog> {
  await database.query('truncate catalog_table, catalog_namespace, catalog_view cascade')
  const made = tempCatalog(database, { store: wrap })
  await made.catalog.iceberg.createNamespace(['a'], {})
  for (const name of ['a.one', 'a.two']) {
    await made.catalog.iceberg.createTable({ name, schema })
    await made.catalog.iceberg.commit([await append(made.catalog, made.store, name)])
  }
  return made
}

/** A database that dies at the nth statement of a transaction; or, when committing, after it did or before. */
function dying(
  inner: Database,
  dieAt: number | 'before commit' | 'after commit',
): Database & { died(): boolean } {
  let made = 0
  let died = false
  const die = (): never => {
    died = true
    throw new Error('connection lost')
  }
  return {
    kind: inner.kind,
    query: (text, parameters) => inner.query(text, parameters),
    async transaction(work) {
      const result = await inner.transaction(async (transaction) => {
        const done = await work({
          inTransaction: true,
          query: (text, parameters) => (++made === dieAt ? die() : transaction.query(text, parameters)),
        })
        return dieAt === 'before commit' ? die() : done
      })
      return dieAt === 'after commit' ? die() : result
    },
    died: () => died,
    [Symbol.asyncDispose]: async () => {},
  }
}

for (const operation of operations) {
  for (const when of ['before', 'after'] as const) {
    test(`${operation.name}: a fault ${when} any one of its calls leaves the old or the new, never between`, async () => {
      await using database = await databases[0]!.open(migrations)
      let isClean = false
      for (let call = 1; !isClean; call++) {
        assert.ok(call < 100, 'it makes a bounded number of calls')
        const faults: { current?: FaultStore } = {}
        await using made = await world(database, (inner) => (faults.current = faultStore(inner)).store)
        const fault = faults.current!
        const { store, warehouse } = made
        const work = await operation.prepare(made)
        const before = await state(database, warehouse)
        const catalog = openCatalog({ database, store, warehouse })
        fault.arm(call, when)
        const isDone = await work(catalog).then(
          () => true,
          () => false,
        )
        isClean = fault.calls() < call
        fault.arm(0, when)
        const after = await state(database, warehouse)
        if (isDone) assert.notEqual(after, before)
        else {
          assert.equal(after, before, `call ${call}`)
          await work(openCatalog({ database, store, warehouse }))
          assert.notEqual(await state(database, warehouse), before, 'it can be done again')
        }
      }
    })
  }

  test(`${operation.name}: a database that dies leaves the old or the new`, async () => {
    await using database = await databases[0]!.open(migrations)
    let isOver = false
    for (let statement = 1; !isOver; statement++) {
      assert.ok(statement < 100)
      await using made = await world(database)
      const { store, warehouse } = made
      const work = await operation.prepare(made)
      const before = await state(database, warehouse)
      const dead = dying(database, statement)
      const outcome = work(openCatalog({ database: dead, store, warehouse })).then(() => 'done')
      isOver = (await outcome.catch(() => 'failed')) === 'done'
      assert.equal(isOver, !dead.died())
      assert.equal((await state(database, warehouse)) === before, !isOver)
    }
    for (const dieAt of ['before commit', 'after commit'] as const) {
      await using made = await world(database)
      const { store, warehouse } = made
      const work = await operation.prepare(made)
      const before = await state(database, warehouse)
      await assert.rejects(
        work(openCatalog({ database: dying(database, dieAt), store, warehouse })),
        /connection lost/,
      )
      assert.equal((await state(database, warehouse)) === before, dieAt === 'before commit', dieAt)
    }
  })
}
