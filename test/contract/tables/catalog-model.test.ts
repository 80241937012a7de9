import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeAvro } from '../../../src/avro/index.ts'
import { openMemoryStore } from '../../../src/storage/index.ts'
import {
  dayOf,
  identityOf,
  migrations,
  openCatalog,
  type DataFile,
  type PartitionTuple,
  type TableChange,
} from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { define, fakeFile } from '../../support/temp-catalog.ts'

const dayValue = fc.constantFrom('2026-01-05', '2026-01-06', '2026-01-07', null)
const countryValue = fc.constantFrom('fr', 'it', '', null)
const tuple: fc.Arbitrary<PartitionTuple> = fc.record(
  { day_day: dayValue, country: countryValue },
  { noNullPrototype: true },
)
/** Names all, some or none of the fields. */
const pattern: fc.Arbitrary<PartitionTuple> = fc.record(
  { day_day: dayValue, country: countryValue },
  { requiredKeys: [], noNullPrototype: true },
)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('append'), adds: fc.array(tuple, { maxLength: 4 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('overwrite-partitions'),
      partitions: fc.array(pattern, { maxLength: 2 }),
      adds: fc.array(tuple, { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('replace'), adds: fc.array(tuple, { maxLength: 2 }) }),
  },
)
// Each inner list is one commit of several changes.
const history = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 8 })

type Live = ReadonlyMap<string, PartitionTuple>
const matches = (file: PartitionTuple, wanted: PartitionTuple): boolean =>
  Object.keys(wanted).every((name) => file[name] === wanted[name])
const without = (live: Live, gone: (file: PartitionTuple) => boolean): Live =>
  new Map([...live].filter(([, file]) => !gone(file)))
const added = (live: Live, files: readonly DataFile[]): Live =>
  new Map([...live, ...files.map(({ path, partition }) => [path, partition] as const)])
const texts = (tuples: Iterable<PartitionTuple>): string[] =>
  [...new Set([...tuples].map((one) => JSON.stringify([one['day_day'], one['country']])))].toSorted()

/** The same in a few lines, on a map from path to partition. */
function applied(live: Live, change: TableChange): Live {
  switch (change.kind) {
    case 'append':
      return added(live, change.files)
    case 'replace':
      return added(new Map(), change.files)
    case 'overwrite-partitions':
      return added(
        without(live, (file) => change.partitions.some((wanted) => matches(file, wanted))),
        change.files,
      )
    case 'rewrite':
    case 'delete-rows':
      throw new Error('Changes of single files are not drawn here.')
  }
}

test('any history of commits gives the files that a map of files gives', async () => {
  await using database = await databases[0]!.open(migrations)
  const warehouse = 'memory:///warehouse'
  const store = openMemoryStore(warehouse)
  let tableCount = 0
  await fc.assert(
    fc.asyncProperty(history, fc.array(pattern, { maxLength: 2 }), async (commits, asked) => {
      const name = `model.t${tableCount++}`
      const catalog = openCatalog({ database, store, warehouse })
      await catalog.ensureTable(
        define(name, {
          columns: { day: 'date', country: 'string' },
          partitionBy: [dayOf('day'), identityOf('country')],
        }),
      )
      const { dataLocation } = await catalog.planWrite(name)
      let live: Live = new Map()
      const states: (readonly [snapshotId: string, Live])[] = []
      for (const steps of commits) {
        const changes: TableChange[] = []
        for (const { kind, adds, ...rest } of steps) {
          const partitions = 'partitions' in rest ? (rest.partitions as PartitionTuple[]) : []
          // Files of an overwrite lie in the partitions it names.
          const fitting =
            kind === 'overwrite-partitions'
              ? adds.filter((add) => partitions.some((wanted) => matches(add, wanted)))
              : adds
          const files = await Promise.all(
            fitting.map((partition) => fakeFile(store, dataLocation, partition)),
          )
          changes.push({ kind, table: name, partitions, files } as TableChange)
        }
        const before = live
        live = changes.reduce(applied, live)
        const [committed] = await catalog.commit(changes)
        const gone = [...before].filter(([path]) => !live.has(path)).map(([, file]) => file)
        const come = [...live].filter(([path]) => !before.has(path)).map(([, file]) => file)
        assert.deepEqual(texts(committed?.partitions ?? []), texts([...gone, ...come]))
        if (committed) states.push([committed.snapshotId, live])
        else assert.equal(gone.length + come.length, 0)
      }
      // Without a cache, all is read from the files.
      const fresh = openCatalog({ database, store, warehouse })
      const { rows, files } = await fresh.table(name)
      assert.deepEqual([rows, files], [live.size, live.size])
      for (const [snapshotId, wanted] of states) {
        const scan = await fresh.planScan(name, { snapshotId })
        assert.deepEqual(new Map(scan.files.map(({ path, partition }) => [path, partition])), wanted)
      }
      const scan = await fresh.planScan(name, { partitions: asked })
      assert.deepEqual(
        scan.files.map(({ path }) => path).toSorted(),
        [...without(live, (file) => !asked.some((wanted) => matches(file, wanted))).keys()].toSorted(),
      )
    }),
    { numRuns: 60 },
  )
})

test('many small manifests are merged, and no snapshot changes by it', async () => {
  await using database = await databases[0]!.open(migrations)
  const warehouse = 'memory:///warehouse'
  const store = openMemoryStore(warehouse)
  const catalog = openCatalog({ database, store, warehouse })
  const table = define('merge.t', { columns: { day: 'date' }, partitionBy: [dayOf('day')] })
  await catalog.ensureTable(table)
  const { dataLocation } = await catalog.planWrite(table.name)
  const snapshots: string[] = []
  for (let commit = 0; commit < 105; commit++) {
    const file = await fakeFile(store, dataLocation, { day_day: `2026-01-0${(commit % 9) + 1}` })
    const [committed] = await catalog.commit([{ kind: 'append', table: table.name, files: [file] }])
    snapshots.push(committed!.snapshotId)
  }
  const fresh = openCatalog({ database, store, warehouse })
  for (const [index, snapshotId] of snapshots.entries())
    assert.equal((await fresh.planScan(table.name, { snapshotId })).files.length, index + 1)
  const metadata = await Array.fromAsync(store.list(`${warehouse}/merge/t/metadata`))
  const manifestsOf = async (snapshotId: string): Promise<number> => {
    const list = metadata.find(({ uri }) => uri.includes(`/snap-${snapshotId}-`))!
    return decodeAvro(await store.read(list.uri)).rows.length
  }
  assert.equal(await manifestsOf(snapshots[99]!), 100)
  assert.equal(await manifestsOf(snapshots[100]!), 2)
})
