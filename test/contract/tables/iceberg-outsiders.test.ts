import assert from 'node:assert/strict'
import { truncate } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { pathOfFileUri } from '../../../src/storage/index.ts'
import {
  migrations,
  openCatalog,
  type MetadataUpdate,
  type Schema,
  type TableUpdates,
} from '../../../src/tables/index.ts'
import { decodeManifestList } from '../../../src/tables/manifests/manifest-list.ts'
import { databases } from '../../support/databases.ts'
import { foreignAppend, type Deviations } from '../../support/foreign-snapshot.ts'
import { fakeFile, tempCatalog, type TempCatalog } from '../../support/temp-catalog.ts'

const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [{ id: 1, name: 'n', required: false, type: 'long' }],
}

async function makeTable({ catalog: { iceberg } }: TempCatalog, name: string): Promise<void> {
  await iceberg.createNamespace([name.split('.')[0]!], {}).catch(() => {})
  await iceberg.createTable({ name, schema })
}

async function append(world: TempCatalog, name: string, deviations: Deviations = {}): Promise<TableUpdates> {
  const table = await world.catalog.iceberg.loadTable(name)
  const file = await fakeFile(world.store, `${table.metadata.location}/data`)
  return foreignAppend(world.store, table, [file], deviations)
}

/** An append whose manifest names a file of whatever place. */
const appendOf = (world: TempCatalog, name: string, path: string, rest: Deviations = {}) =>
  append(world, name, {
    ...rest,
    entry: (entry) => ({ ...entry, data_file: { ...entry.data_file, file_path: path } }),
  })

/** The manifests that the snapshot of a commit lists, its own first. */
async function manifestsOf({ store }: TempCatalog, { updates }: TableUpdates): Promise<readonly string[]> {
  const added = updates.find((update) => update.action === 'add-snapshot')!
  const list = decodeManifestList(await store.read(added.snapshot['manifest-list']))
  return list.map(({ manifest_path }) => manifest_path)
}

const noTable = 'file:///etc/secret.parquet'

// What an engine may send that means harm. Everything here is refused whatever the database, so one is enough.
describe('an outside engine that means harm', () => {
  test('does not put an unchecked snapshot in the place of one that was there', async () => {
    await using database = await databases[0]!.open(migrations)
    await using world = tempCatalog(database)
    const { iceberg } = world.catalog
    await makeTable(world, 'a.t')
    const [before] = await iceberg.commit([await append(world, 'a.t', { snapshotId: 7 })])
    const bad = await appendOf(world, 'a.t', noTable, { snapshotId: 7 })
    const [add, set] = bad.updates as [MetadataUpdate & { action: 'add-snapshot' }, MetadataUpdate]
    const { 'parent-snapshot-id': _, ...snapshot } = add.snapshot
    const updates: MetadataUpdate[] = [
      { action: 'remove-snapshots', 'snapshot-ids': [7] },
      { ...add, snapshot },
      set,
    ]
    await assert.rejects(iceberg.commit([{ ...bad, updates }]), {
      code: 'NACRE_INPUT',
      message: /secret.parquet lies outside/,
    })
    assert.deepEqual(await iceberg.loadTable('a.t'), before)
  })

  test('has each table of a transaction checked, though their snapshots have the same id', async () => {
    await using database = await databases[0]!.open(migrations)
    await using world = tempCatalog(database)
    const { iceberg } = world.catalog
    await makeTable(world, 'a.t')
    await makeTable(world, 'a.u')
    const both = [
      await append(world, 'a.t', { snapshotId: 7 }),
      await appendOf(world, 'a.u', noTable, { snapshotId: 7 }),
    ]
    await assert.rejects(iceberg.commit(both), { message: /secret.parquet lies outside/ })
    assert.equal((await world.catalog.table('a.u')).current, null)
  })

  test('dates no snapshot so that it never expires, or that no calendar has its time', async () => {
    await using database = await databases[0]!.open(migrations)
    await using world = tempCatalog(database)
    const { catalog } = world
    await makeTable(world, 'a.t')
    for (const time of [Date.now() + 3 * 86_400_000, 8_640_000_000_000_001, Number.MAX_SAFE_INTEGER])
      await assert.rejects(
        catalog.iceberg.commit([await append(world, 'a.t', { snapshot: { 'timestamp-ms': time } })]),
        { code: 'NACRE_INPUT', message: /Snapshot \d+ is dated / },
      )
    const slightlyAhead = { 'timestamp-ms': Date.now() + 3_600_000 }
    await catalog.iceberg.commit([await append(world, 'a.t', { snapshot: slightlyAhead })])
    assert.equal((await catalog.tables()).length, 1)
  })

  test('has no file outside its table read by writing a manifest anew after the commit', async () => {
    await using database = await databases[0]!.open(migrations)
    await using world = tempCatalog(database)
    const { store, warehouse } = world
    await makeTable(world, 'a.t')
    const good = await append(world, 'a.t')
    await world.catalog.iceberg.commit([good])
    const [manifest] = await manifestsOf(world, good)
    const bad = await appendOf(world, 'a.t', noTable)
    const [badManifest] = await manifestsOf(world, bad)
    await store.delete(manifest!)
    await store.writeIfAbsent(manifest!, await store.read(badManifest!))
    const afresh = openCatalog({ database, store, warehouse })
    const outside = { code: 'NACRE_CORRUPT', message: /secret.parquet.* outside .*\/a\/t/ }
    await assert.rejects(afresh.planScan('a.t'), outside)
    await assert.rejects(afresh.planChanges('a.t', { after: null, onOverwrite: 'fail' }), outside)
  })

  test('makes no table whose files are to be written among those of another', async () => {
    await using database = await databases[0]!.open(migrations)
    await using world = tempCatalog(database)
    const { iceberg } = world.catalog
    await makeTable(world, 'a.t')
    const properties = { 'write.data.path': `${world.warehouse}/a/t/data` }
    const message = /write.data.path names .*, which is not inside/
    await assert.rejects(iceberg.createTable({ name: 'a.u', schema, properties }), { message })
    await assert.rejects(iceberg.stageTable({ name: 'a.u', schema, properties }), { message })
  })

  test('has no file read into memory that is too large for a manifest', async () => {
    await using database = await databases[0]!.open(migrations)
    await using world = tempCatalog(database)
    await makeTable(world, 'a.t')
    const huge = `${world.warehouse}/a/t/metadata/huge.avro`
    await world.store.writeIfAbsent(huge, Buffer.from('Obj'))
    await truncate(pathOfFileUri(huge), 257 * 1024 ** 2)
    const { updates, ...rest } = await append(world, 'a.t')
    const [add, set] = updates as [MetadataUpdate & { action: 'add-snapshot' }, MetadataUpdate]
    const asList = { ...add, snapshot: { ...add.snapshot, 'manifest-list': huge } }
    const tooLarge = { code: 'NACRE_INPUT', message: /huge.avro has 269484032 bytes; / }
    await assert.rejects(world.catalog.iceberg.commit([{ ...rest, updates: [asList, set] }]), tooLarge)
    const listed = { manifest_path: huge, manifest_length: 257 * 1024 ** 2 }
    await assert.rejects(world.catalog.iceberg.commit([await append(world, 'a.t', { listed })]), tooLarge)
  })
})
