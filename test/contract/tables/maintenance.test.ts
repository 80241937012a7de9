import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../../src/base/index.ts'
import {
  dayOf,
  migrations,
  type DataFile,
  type TableChange,
  type TableSpec,
} from '../../../src/tables/index.ts'
import { decodeManifest } from '../../../src/tables/manifests/manifest.ts'
import { databases } from '../../support/databases.ts'
import { assertNothingUnreachable } from '../../support/table-model.ts'
import { define, fakeFile, tempCatalog, type TempCatalog } from '../../support/temp-catalog.ts'

const name = 'a.t'
const spec: TableSpec = {
  columns: { day: 'date', reader: 'string', x: 'long' },
  partitionBy: [dayOf('day')],
  subject: 'reader',
}
const monday = { day_day: '2026-01-05' }
const tuesday = { day_day: '2026-01-06' }
const day = 24 * 3_600_000

/** Bounds of the readers in a file. */
const readers = (min: string, max: string): { stats: DataFile['stats'] } => ({
  stats: { 2: { sizeBytes: 9, valueCount: 1, nullCount: 0, min, max } },
})

/** A clock that is days ahead of the machine's. */
function clockAhead(): Clock & { aheadMs: number } {
  const clock = {
    aheadMs: 0,
    now: (): number => Date.now() + clock.aheadMs,
    sleep: async (): Promise<void> => {},
  }
  return clock
}

async function commit(world: TempCatalog, change: object): Promise<string> {
  const [done] = await world.catalog.commit([{ table: name, ...change } as TableChange])
  return done!.snapshotId
}

async function current({ catalog }: TempCatalog): Promise<string> {
  return (await catalog.table(name)).current!.snapshotId
}

test('files are grouped by partition up to the target size, and what is large and in order stays', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = tempCatalog(database)
  const { catalog, store, warehouse } = world
  await catalog.ensureTable(define(name, spec))
  const file = (partition: object): Promise<DataFile> =>
    fakeFile(store, `${warehouse}/a/t/data`, partition as DataFile['partition'])
  const mondays = await Promise.all(Array.from({ length: 6 }, () => file(monday)))
  const tuesdays = await Promise.all(Array.from({ length: 3 }, () => file(tuesday)))
  const basedOn = await commit(world, { kind: 'append', files: [...mondays, ...tuesdays] })
  const { maintenance } = catalog
  const sizes = async (options: object): Promise<number[]> =>
    (await maintenance.planCompaction(name, options)).map(({ scan }) => scan.files.length)
  assert.deepEqual(await sizes({ targetBytes: 100 }), [6], 'three files are not worth it')
  assert.deepEqual(await sizes({ targetBytes: 100, minFiles: 2 }), [6, 3])
  assert.deepEqual(await sizes({ targetBytes: 100, minFiles: 2, partitions: [tuesday] }), [3])
  assert.deepEqual(await sizes({ targetBytes: 9, minFiles: 2 }), [2, 2, 2, 2], 'a group gives one file')
  assert.deepEqual(await sizes({ targetBytes: 5 }), [], 'files of four bytes are large')
  const [group] = await maintenance.planCompaction(name, { targetBytes: 100 })
  assert.deepEqual(
    [group!.scan.snapshotId, group!.reasons, group!.rows, group!.sizeBytes],
    [basedOn, ['small'], 6, 24],
  )
  assert.deepEqual(group!.target, await catalog.planWrite(name))
  await catalog.ensureTable(define(name, { ...spec, sortBy: ['reader'] }))
  assert.deepEqual(await sizes({ targetBytes: 5 }), [1, 1, 1, 1, 1, 1, 1, 1, 1], 'rows want another order')
})

test('few manifests take the place of many, in a snapshot that says who made it', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = tempCatalog(database)
  const { catalog, store, warehouse } = world
  await catalog.ensureTable(define(name, spec))
  for (let round = 0; round < 3; round++)
    await commit(world, { kind: 'append', files: [await fakeFile(store, `${warehouse}/a/t/data`, monday)] })
  const { snapshotId } = await catalog.maintenance.mergeManifests(name, {
    summary: { 'nacre.job': 'expire-snapshots' },
  })
  const merged = (await catalog.table(name)).current!
  assert.deepEqual(
    [merged.snapshotId, merged.summary['operation'], merged.summary['nacre.job']],
    [snapshotId, 'replace', 'expire-snapshots'],
  )
})

test('expiry and sweep say first what they would do, and touch nothing outside the table', async () => {
  await using database = await databases[0]!.open(migrations)
  const clock = clockAhead()
  await using world = tempCatalog(database, { clock })
  const { catalog, store, warehouse } = world
  const { maintenance } = catalog
  await catalog.ensureTable(define(name, spec))
  const [one, other] = [
    await fakeFile(store, `${warehouse}/a/t/data`, monday),
    await fakeFile(store, `${warehouse}/a/t/data`, monday),
  ]
  const first = await commit(world, { kind: 'append', files: [one] })
  await commit(world, { kind: 'replace', files: [other] })
  const neighbour = await fakeFile(store, `${warehouse}/a/t2/data`)
  const orphan = await fakeFile(store, `${warehouse}/a/t/data`, monday)
  const all = async (): Promise<string[]> =>
    (await Array.fromAsync(store.list(warehouse))).map(({ uri }) => uri)
  const before = await all()

  const planned = await maintenance.expireSnapshots(name, { olderThanMs: -1, dryRun: true })
  assert.deepEqual(planned.snapshotIds, [first])
  assert.ok(planned.files.includes(one.path))
  assert.deepEqual(await maintenance.sweepOrphans(name), { files: [] }, 'it is not three days old')
  clock.aheadMs = 4 * day
  const { files: swept } = await maintenance.sweepOrphans(name, { dryRun: true })
  assert.deepEqual(swept, [{ uri: orphan.path, sizeBytes: 4 }])
  assert.deepEqual(await all(), before)

  assert.deepEqual(await maintenance.expireSnapshots(name, { olderThanMs: 0 }), planned)
  assert.deepEqual(await maintenance.sweepOrphans(name), { files: swept })
  const gone = new Set([...planned.files, orphan.path])
  const after = await all()
  assert.deepEqual(
    before.filter((uri) => !after.includes(uri)),
    before.filter((uri) => gone.has(uri)),
  )
  assert.ok(after.includes(neighbour.path))
  await assertNothingUnreachable(store, database, name)
  await assert.rejects(catalog.planScan(name, { snapshotId: first }), { code: 'NACRE_NOT_FOUND' })
})

test('erasure leaves no snapshot, file or bound that tells of the person', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = tempCatalog(database)
  const { catalog, store, warehouse } = world
  const { maintenance, refs } = catalog
  await catalog.ensureTable(define(name, spec))
  const file = (min: string, max: string, rows = 2): Promise<DataFile> =>
    fakeFile(store, `${warehouse}/a/t/data`, monday, { rows, ...readers(min, max) })
  const [early, clean, late] = [await file('ann', 'eve'), await file('tom', 'zoe'), await file('dan', 'eve')]
  const old = await commit(world, { kind: 'append', files: [early] })
  await refs.create(name, { name: 'quarter', type: 'tag' })
  const compacted = await file('ann', 'eve')
  await commit(world, { kind: 'rewrite', basedOn: old, removes: [early.path], files: [compacted] })
  await commit(world, { kind: 'append', files: [clean, late] })

  await assert.rejects(maintenance.planErasure(name, { column: 'nobody', value: 'dan' }), {
    code: 'NACRE_INPUT',
    message: /'nobody'/,
  })
  const plan = await maintenance.planErasure(name, { value: 'dan' })
  assert.equal(plan.column, 'reader')
  assert.deepEqual(plan.scan.files.map(({ path }) => path).toSorted(), [compacted.path, late.path].toSorted())
  assert.deepEqual(plan.blockers, [{ kind: 'tag', name: 'quarter', snapshotId: old }])
  const removes = plan.scan.files.map(({ path }) => path)
  const rest = await file('ann', 'eve', 3)
  await commit(world, { kind: 'delete-rows', basedOn: plan.scan.snapshotId!, removes, files: [rest] })

  await assert.rejects(maintenance.finishErasure(name, { value: 'dan' }), {
    code: 'NACRE_CONFLICT',
    message: /held by tag 'quarter'. Drop these, or erase with force/,
  })
  const planned = await maintenance.finishErasure(name, { value: 'dan' }, { force: true, dryRun: true })
  assert.equal((await catalog.snapshots(name)).length, 4)
  const summary = { 'nacre.job': 'forget' }
  const done = await maintenance.finishErasure(name, { value: 'dan' }, { force: true, summary })
  assert.equal((await catalog.table(name)).current!.summary['nacre.job'], 'forget')
  assert.deepEqual([done.snapshotIds, done.refs], [planned.snapshotIds, ['quarter']])
  assert.equal(done.snapshotIds.length, 4)

  assert.deepEqual(
    (await catalog.planScan(name)).files.map(({ path }) => path).toSorted(),
    [clean.path, rest.path].toSorted(),
  )
  assert.equal((await catalog.snapshots(name)).length, 1)
  const present = (await Array.fromAsync(store.list(`${warehouse}/a/t`))).map(({ uri }) => uri)
  for (const { path } of [early, compacted, late]) assert.ok(!present.includes(path))
  for (const uri of present.filter((one) => /-m\d+\.avro$/.test(one))) {
    const { entries } = decodeManifest(await store.read(uri), { snapshotId: 0, sequenceNumber: 0 })
    for (const { data_file: told } of entries) assert.ok([clean.path, rest.path].includes(told.file_path))
  }
  await assertNothingUnreachable(store, database, name)
  await commit(world, {
    kind: 'rewrite',
    basedOn: await current(world),
    removes: [rest.path],
    files: [await file('ann', 'eve', 3)],
  })
  assert.deepEqual(
    (await maintenance.finishErasure(name, { value: 'nobody else' }, { dryRun: true })).snapshotIds,
    [],
    'history in which somebody cannot be stays',
  )
  assert.deepEqual(await maintenance.finishErasure(name, { value: 'zed' }), {
    snapshotIds: [],
    refs: [],
    files: [],
    blockers: [],
  })
})

test('statistics that an engine wrote of a snapshot go with it', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = tempCatalog(database)
  const { catalog, store, warehouse } = world
  await catalog.ensureTable(define(name, { columns: { x: 'long' } }))
  const append = async (): Promise<string> =>
    commit(world, { kind: 'append', files: [await fakeFile(store, `${warehouse}/a/t/data`)] })
  const statistics: string[] = []
  for (let count = 0; count < 2; count++) {
    const id = Number(await append())
    const path = `${warehouse}/a/t/metadata/${id}.puffin`
    await store.writeIfAbsent(path, Buffer.from('puffin'))
    statistics.push(path)
    const told = { 'snapshot-id': id, 'statistics-path': path, 'file-size-in-bytes': 6 }
    const update = { action: 'set-statistics', statistics: told } as const
    await catalog.iceberg.commit([{ table: name, requirements: [], updates: [update] }])
  }
  await catalog.maintenance.expireSnapshots(name, { olderThanMs: -1, keepLast: 1 })
  const present = (await Array.fromAsync(store.list(warehouse))).map(({ uri }) => uri)
  assert.deepEqual(
    statistics.map((uri) => present.includes(uri)),
    [false, true],
  )
})

test('somebody whose id is no value of the column is in no row of it', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = tempCatalog(database)
  const { catalog, store, warehouse } = world
  await catalog.ensureTable(define(name, { columns: { reader: 'long' }, subject: 'reader' }))
  const files = [await fakeFile(store, `${warehouse}/a/t/data`)]
  await commit(world, { kind: 'append', files })
  const { scan, blockers } = await catalog.maintenance.planErasure(name, { value: 'ann' })
  assert.deepEqual([scan.files, blockers], [[], []])
  assert.deepEqual((await catalog.maintenance.finishErasure(name, { value: 'ann' })).snapshotIds, [])
  assert.equal((await catalog.maintenance.planErasure(name, { value: '7' })).scan.files.length, 1)
})

test('a table that does not say whose its rows are needs a column to be named', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = tempCatalog(database)
  await world.catalog.ensureTable(define(name, { columns: { x: 'long' } }))
  await assert.rejects(world.catalog.maintenance.planErasure(name, { value: 1 }), {
    code: 'NACRE_INPUT',
    message: /Declare its subject, or name the column/,
  })
})
