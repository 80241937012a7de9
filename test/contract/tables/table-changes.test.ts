import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../../src/database/index.ts'
import {
  dayOf,
  identityOf,
  migrations,
  monthOf,
  type Catalog,
  type CommittedTable,
  type DataFile,
  type PartitionTuple,
  type TableChange,
  type TableSpec,
} from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { define, fakeFile, tempCatalog, type TempCatalog } from '../../support/temp-catalog.ts'

const name = 'a.t'
const spec: TableSpec = { columns: { day: 'date', x: 'long' }, partitionBy: [dayOf('day')] }
const monday = { day_day: '2026-01-05' }
const tuesday = { day_day: '2026-01-06' }

interface World extends TempCatalog {
  readonly hooked: CommittedTable[]
  file(partition?: PartitionTuple, options?: Parameters<typeof fakeFile>[3]): Promise<DataFile>
  commit(change: object, options?: Parameters<Catalog['commit']>[1]): Promise<CommittedTable | undefined>
  /** Of a snapshot or branch's head, by default the current one. */
  paths(snapshotId?: string): Promise<string[]>
}

/** A catalog with one table. */
async function open(database: Database, of: TableSpec = spec): Promise<World> {
  const hooked: CommittedTable[] = []
  const world = tempCatalog(database, {
    onCommit: async (_transaction, committed) => void hooked.push(...committed),
  })
  await world.catalog.ensureTable(define(name, of))
  return {
    ...world,
    hooked,
    file: (partition = monday, options = {}) =>
      fakeFile(world.store, `${world.warehouse}/a/t/data`, partition, options),
    commit: async (change, options) =>
      (await world.catalog.commit([{ table: name, ...change } as TableChange], options))[0],
    async paths(snapshotId) {
      const { files } = await world.catalog.planScan(name, snapshotId === undefined ? {} : { snapshotId })
      return files.map(({ path }) => path).toSorted()
    },
  }
}

const pathsOf = (...files: DataFile[]): string[] => files.map(({ path }) => path).toSorted()

test('a rewrite puts files in the place of others and is no news to those who wait for rows', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = await open(database)
  const [one, other, third] = [await world.file(), await world.file(), await world.file(tuesday)]
  const { snapshotId: basedOn } = (await world.commit({ kind: 'append', files: [one, other, third] }))!
  const merged = await world.file(monday, { rows: 2 })
  const removes = pathsOf(one, other)
  const done = await world.commit({ kind: 'rewrite', basedOn, removes, files: [merged] })
  assert.deepEqual(await world.paths(), pathsOf(merged, third))
  assert.deepEqual(
    [done!.summary['operation'], done!.summary['total-records'], done!.summary['deleted-data-files']],
    ['replace', '3', '2'],
  )
  assert.equal(world.hooked.length, 1)
})

test('a rewrite on changed ground is refused, and so is one that loses rows', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = await open(database)
  const [one, other] = [await world.file(), await world.file(tuesday)]
  const first = (await world.commit({ kind: 'append', files: [one, other] }))!
  const replacement = await world.file(monday)
  const change = { kind: 'rewrite', basedOn: first.snapshotId, removes: [one.path], files: [replacement] }
  await assert.rejects(world.commit({ ...change, files: [] }), {
    code: 'NACRE_INPUT',
    message: /A rewrite of 1 rows of 'a.t' cannot give 0/,
  })
  await assert.rejects(world.commit({ ...change, basedOn: '7' }), { code: 'NACRE_COMMIT_CONFLICT' })
  await assert.rejects(world.commit({ ...change, removes: [one.path, one.path] }), { message: /named twice/ })
  await assert.rejects(
    world.catalog.commit([
      { ...change, table: name } as TableChange,
      { kind: 'replace', table: name, files: [] },
    ]),
    { code: 'NACRE_INPUT', message: /Commit one after the other/ },
  )
  await world.commit({ kind: 'overwrite-partitions', partitions: [monday], files: [] })
  await assert.rejects(world.commit(change), {
    code: 'NACRE_COMMIT_CONFLICT',
    message: /file .* is no longer part of it. Read it again/,
  })
  assert.deepEqual(await world.paths(), [other.path])
})

test('rows deleted by copying: what is left of a file takes its place', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = await open(database)
  const [one, other] = [await world.file(monday, { rows: 5 }), await world.file(tuesday)]
  const { snapshotId } = (await world.commit({ kind: 'append', files: [one, other] }))!
  const rest = await world.file(monday, { rows: 3 })
  const change = { kind: 'delete-rows', basedOn: snapshotId, removes: [one.path] }
  const more = await world.file(monday, { rows: 6 })
  await assert.rejects(world.commit({ ...change, files: [more] }), {
    message: /of 5 rows of 'a.t' cannot give 6/,
  })
  const done = (await world.commit({ ...change, files: [rest] }))!
  assert.deepEqual([done.summary['operation'], done.partitions], ['overwrite', [monday]])
  const all = (await world.commit({
    ...change,
    basedOn: done.snapshotId,
    removes: [rest.path, other.path],
    files: [],
  }))!
  assert.deepEqual([all.summary['operation'], await world.paths()], ['delete', []])
})

test('a branch is written, looked at, and published; tags stay, and a rollback goes back', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = await open(database)
  const { refs } = world.catalog
  const [one, other, third] = [await world.file(), await world.file(tuesday), await world.file()]
  const first = (await world.commit({ kind: 'append', files: [one] }))!
  await assert.rejects(world.commit({ kind: 'append', files: [other] }, { branch: 'audit' }), {
    code: 'NACRE_NOT_FOUND',
    message: /no branch 'audit' \(main\)/,
  })
  await refs.create(name, { name: 'audit', type: 'branch', maxRefAgeMs: 5000, minSnapshotsToKeep: 2 })
  await refs.create(name, { name: 'v1', type: 'tag', snapshotId: first.snapshotId })
  await assert.rejects(refs.create(name, { name: 'v1', type: 'tag' }), { code: 'NACRE_CONFLICT' })
  await assert.rejects(world.commit({ kind: 'append', files: [other] }, { branch: 'v1' }), {
    message: /'v1' is a tag/,
  })
  const audited = (await world.commit({ kind: 'append', files: [other] }, { branch: 'audit' }))!
  assert.deepEqual(
    [await world.paths(), await world.paths(audited.snapshotId)],
    [[one.path], pathsOf(one, other)],
  )
  assert.equal(world.hooked.length, 1, 'nobody is told of a branch')
  assert.deepEqual(
    (await refs.list(name)).find((ref) => ref.name === 'audit'),
    {
      name: 'audit',
      type: 'branch',
      snapshotId: audited.snapshotId,
      maxRefAgeMs: 5000,
      maxSnapshotAgeMs: undefined,
      minSnapshotsToKeep: 2,
    },
    'a commit keeps what the branch says of its age',
  )
  await refs.fastForward(name, 'audit')
  assert.deepEqual(await world.paths(), pathsOf(one, other))
  assert.deepEqual(world.hooked.at(-1)!.partitions, [tuesday])
  assert.equal(world.hooked.at(-1)!.snapshotId, audited.snapshotId)

  const last = (await world.commit({ kind: 'append', files: [third] }))!
  await world.commit({ kind: 'append', files: [await world.file()] }, { branch: 'audit' })
  await assert.rejects(refs.fastForward(name, 'audit'), { code: 'NACRE_CONFLICT', message: /has moved on/ })
  await refs.rollback(name, { asOfMs: Date.parse(first.committedAt) })
  assert.equal((await world.catalog.table(name)).current!.snapshotId, first.snapshotId)
  await refs.rollback(name, { snapshotId: last.snapshotId })
  assert.deepEqual(await world.paths(), pathsOf(one, other, third))
  await assert.rejects(refs.rollback(name, { asOfMs: 0 }), {
    code: 'NACRE_NOT_FOUND',
    message: /had no snapshot at 1970-01-01T00:00:00.000Z; its history begins/,
  })
  await refs.drop(name, 'audit')
  await refs.drop(name, 'audit')
  await assert.rejects(refs.drop(name, 'main'), { code: 'NACRE_INPUT' })
  assert.deepEqual((await refs.list(name)).map((ref) => ref.name).toSorted(), ['main', 'v1'])
})

for (const kind of databases) {
  test(
    `batches land once on ${kind.name}, however often and by whomever they are tried`,
    { skip: kind.skip },
    async () => {
      await using database = await kind.open(migrations)
      await using world = await open(database)
      const ends = [
        [1, 0],
        [1, 500],
        [2, 10],
      ] as const
      const land = async (batch: number): Promise<CommittedTable | undefined> => {
        const offsets = { table: name, stream: 'log', from: ends[batch - 1] ?? null, to: ends[batch]! }
        return world.commit({ kind: 'append', files: [await world.file()] }, { offsets })
      }
      for (const batch of ends.keys()) {
        const landed = await Promise.all([land(batch), land(batch), land(batch)])
        const [done] = landed.filter((one) => one !== undefined)
        assert.equal(landed.filter((one) => one !== undefined).length, 1)
        assert.equal(done!.summary['nacre.offsets.log'], JSON.stringify(ends[batch]))
      }
      assert.equal((await world.paths()).length, 3)
      assert.equal((await world.catalog.table(name)).properties['nacre.offsets.log'], '[2,10]')
      let ran = 0
      const again = { table: name, stream: 'log', from: null, to: [1, 0] }
      const duplicate = await world.catalog.commit([], { offsets: again, within: async () => void ran++ })
      assert.deepEqual([duplicate, ran], [[], 1])
      for (const [from, to] of [
        [
          [2, 11],
          [2, 12],
        ],
        [
          [1, 500],
          [2, 12],
        ],
        [null, [2, 12]],
      ] as const)
        await assert.rejects(
          world.commit({ kind: 'append', files: [] }, { offsets: { table: name, stream: 'log', from, to } }),
          { code: 'NACRE_CONFLICT', message: /'log' is at \[2,10\] in a.t, and the commit begins at/ },
        )
    },
  )
}

test('a day overwritten in a table that was partitioned otherwise: whole files go, others must be compacted first', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = await open(database, { ...spec, partitionBy: [monthOf('day')] })
  const between = (min: string, max: string): DataFile['stats'] => ({
    1: { sizeBytes: 9, valueCount: 2, nullCount: 0, min, max },
  })
  const january = { day_month: 672 }
  const within = await world.file(january, { rows: 2, stats: between('2026-01-05', '2026-01-05') })
  const beside = await world.file(january, { rows: 2, stats: between('2026-01-06', '2026-01-31') })
  await world.commit({ kind: 'append', files: [within, beside] })
  await world.catalog.ensureTable(define(name, spec))
  const fresh = await world.file(monday)
  const overwrite = { kind: 'overwrite-partitions', partitions: [monday], files: [fresh] }
  await world.commit(overwrite)
  assert.deepEqual(await world.paths(), pathsOf(fresh, beside))

  const across = await world.file(tuesday)
  await assert.rejects(
    world.commit({ kind: 'overwrite-partitions', partitions: [tuesday], files: [across] }),
    { code: 'NACRE_CONFLICT', message: /older partitioning .* Compact the table first/ },
  )
  assert.deepEqual(await world.paths(), pathsOf(fresh, beside), 'no row was lost')
  const groups = await world.catalog.maintenance.planCompaction(name)
  assert.deepEqual(
    groups.map(({ scan, reasons, rows }) => [scan.files.map(({ path }) => path), reasons, rows]),
    [[[beside.path], ['small', 'partitioning'], 2]],
  )
  const [{ scan }] = groups as [(typeof groups)[0]]
  const days = [await world.file(tuesday), await world.file({ day_day: '2026-01-31' })]
  await world.commit({ kind: 'rewrite', basedOn: scan.snapshotId!, removes: [beside.path], files: days })
  await world.commit({ kind: 'overwrite-partitions', partitions: [tuesday], files: [across] })
  assert.deepEqual(await world.paths(), pathsOf(fresh, across, days[1]!))
  await world.catalog.ensureTable(define(name, { ...spec, partitionBy: [identityOf('day')] }))
  await world.commit({ kind: 'replace', files: [] })
  assert.deepEqual(await world.paths(), [], 'a replacement takes the files of every partitioning')
})
