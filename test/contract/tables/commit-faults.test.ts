import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toNacreError } from '../../../src/base/index.ts'
import type { Database } from '../../../src/database/index.ts'
import { openFileStore, type Store } from '../../../src/storage/index.ts'
import { dayOf, migrations, openCatalog, type Catalog, type TableChange } from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { diskFullError, faultStore, type FaultStore } from '../../support/fault-store.ts'
import { define, fakeFile, tempCatalog } from '../../support/temp-catalog.ts'

const tables = ['a.one', 'a.two'].map((name) =>
  define(name, { columns: { day: 'date', x: 'long' }, partitionBy: [dayOf('day')] }),
)
const monday = { day_day: '2026-01-05' }

/** What every reader sees of the tables, through a catalog that has nothing cached. */
async function state(database: Database, warehouse: string): Promise<string> {
  const catalog = openCatalog({ database, store: openFileStore(warehouse), warehouse })
  const scans = await Promise.all(tables.map(({ name }) => catalog.planScan(name)))
  return JSON.stringify(
    scans.map(({ snapshotId, files }) => [snapshotId, files.map(({ path }) => path).toSorted()]),
  )
}

async function overwriteBoth(catalog: Catalog, store: Store): Promise<TableChange[]> {
  return Promise.all(
    tables.map(async ({ name }) => ({
      kind: 'overwrite-partitions' as const,
      table: name,
      partitions: [monday],
      files: [await fakeFile(store, (await catalog.planWrite(name)).dataLocation, monday)],
    })),
  )
}

/** Two tables with two files each, one of them of the partition that is overwritten next. */
async function makeTables(catalog: Catalog, store: Store): Promise<void> {
  for (const table of tables) {
    await catalog.ensureTable(table)
    const { dataLocation } = await catalog.planWrite(table.name)
    const files = [
      await fakeFile(store, dataLocation, monday),
      await fakeFile(store, dataLocation, { day_day: '2026-01-06' }),
    ]
    await catalog.commit([{ kind: 'append', table: table.name, files }])
  }
}

for (const { name, error } of [
  { name: 'a fault', error: new Error('injected fault') },
  { name: 'a full disk', error: diskFullError() },
]) {
  for (const when of ['before', 'after'] as const) {
    test(`${name} ${when} any one of a commit's calls leaves both tables old or both new`, async () => {
      await using database = await databases[0]!.open(migrations)
      const faults: { current?: FaultStore } = {}
      await using world = tempCatalog(database, {
        store: (inner) => (faults.current = faultStore(inner)).store,
      })
      const fault = faults.current!
      const { store, warehouse } = world
      await makeTables(world.catalog, store)
      let isClean = false
      for (let call = 1; !isClean; call++) {
        assert.ok(call < 200, 'a commit makes a bounded number of calls')
        // A catalog without a cache also meets faults in reading.
        const catalog = openCatalog({ database, store, warehouse })
        fault.arm(0, when)
        const changes = await overwriteBoth(catalog, store)
        const before = await state(database, warehouse)
        fault.arm(call, when, error)
        const outcome = await catalog.commit(changes).then(
          () => 'new',
          (thrown: unknown) => thrown,
        )
        isClean = fault.calls() < call
        fault.arm(0, when)
        const after = await state(database, warehouse)
        if (outcome === 'new') assert.notEqual(after, before)
        else {
          assert.equal(after, before, `call ${call}`)
          assert.equal(outcome, error)
          if (error.message.startsWith('ENOSPC')) assert.equal(toNacreError(outcome).code, 'NACRE_DISK_FULL')
          // The same changes can be tried again.
          await catalog.commit(changes)
          assert.notEqual(await state(database, warehouse), before)
        }
      }
    })
  }
}

test('a commit whose answer is lost keeps its files: it may have happened', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = tempCatalog(database)
  const { catalog, store, warehouse } = world
  await makeTables(catalog, store)
  const before = await state(database, warehouse)
  const forgetful: Database = {
    kind: database.kind,
    query: (text, parameters) => database.query(text, parameters),
    async transaction(work) {
      await database.transaction(work)
      throw new Error('connection lost')
    },
    [Symbol.asyncDispose]: async () => {},
  }
  const changes = await overwriteBoth(catalog, store)
  await assert.rejects(
    openCatalog({ database: forgetful, store, warehouse }).commit(changes),
    /connection lost/,
  )
  const after = await state(database, warehouse)
  assert.notEqual(after, before)
  for (const change of changes) assert.ok(after.includes(change.files[0]!.path))
})
