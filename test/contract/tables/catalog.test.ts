import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NacreError } from '../../../src/base/index.ts'
import { openFileStore } from '../../../src/storage/index.ts'
import {
  dayOf,
  identityOf,
  migrations,
  openCatalog,
  type Catalog,
  type CommittedTable,
  type PartitionTuple,
} from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { openParquetFiles, readParquet } from '../../support/parquet-files.ts'
import { define, fakeFile, tempCatalog } from '../../support/temp-catalog.ts'

const reading = define('events.reading', {
  columns: {
    at: { type: 'timestamptz', required: true, doc: 'When, by the corrected clock' },
    reader: { type: 'string', personal: true },
    pages: 'int',
  },
  partitionBy: [dayOf('at')],
  sortBy: ['reader', 'at'],
  key: ['reader', 'at'],
  team: 'product',
  owner: 'data@bookstore.example',
  doc: 'Spans of reading',
})
const day = (date: string): PartitionTuple => ({ at_day: date })
const paths = async (catalog: Catalog, name: string, options: Parameters<Catalog['planScan']>[1] = {}) =>
  (await catalog.planScan(name, options)).files.map(({ path }) => path).toSorted()

for (const kind of databases) {
  describe(`catalog on ${kind.name}`, { skip: kind.skip }, () => {
    test('makes a table from its definition', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const made = await world.catalog.ensureTable(reading)
      assert.deepEqual(made.schema, {
        type: 'struct',
        'schema-id': 0,
        fields: [
          { id: 1, name: 'at', required: true, type: 'timestamptz', doc: 'When, by the corrected clock' },
          { id: 2, name: 'reader', required: false, type: 'string' },
          { id: 3, name: 'pages', required: false, type: 'int' },
        ],
      })
      assert.deepEqual(made.spec.fields, [
        { 'source-id': 1, 'field-id': 1000, name: 'at_day', transform: 'day' },
      ])
      assert.deepEqual(made.properties, {
        'nacre.key': '["reader","at"]',
        'nacre.team': 'product',
        'nacre.owner': 'data@bookstore.example',
        'nacre.personal': '["reader"]',
        'write.metadata.metrics.column.reader': 'counts',
        comment: 'Spans of reading',
      })
      assert.equal(made.current, null)
      assert.deepEqual(await world.catalog.ensureTable(reading), made, 'a second time changes nothing')
      assert.deepEqual(await world.catalog.tables(), [made])
      const target = await world.catalog.planWrite(reading.name)
      assert.deepEqual(target.sortBy, ['reader', 'at'])
      assert.equal(target.dataLocation, `${world.warehouse}/events/reading/data`)
      const scan = await world.catalog.planScan(reading.name)
      assert.deepEqual([scan.snapshotId, scan.files, scan.fileSchemas], [null, [], []])
    })

    test('rows written by DuckDB are read back from the current and from a pinned snapshot', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      await using parquet = await openParquetFiles()
      const { catalog } = world
      await catalog.ensureTable(reading)
      const target = await catalog.planWrite(reading.name)
      const rowsOf = (date: string, pages: number): string =>
        `select timestamptz '${date} 10:00:00Z' as at, 'ann' as reader, ${pages} as pages`
      const first = [
        await parquet.write(target, rowsOf('2026-01-05', 1), day('2026-01-05')),
        await parquet.write(target, rowsOf('2026-01-06', 2), day('2026-01-06')),
      ]
      const [appended] = await catalog.commit([{ kind: 'append', table: reading.name, files: first }])
      const late = await parquet.write(target, rowsOf('2026-01-06', 20), day('2026-01-06'))
      const [overwritten] = await catalog.commit([
        { kind: 'overwrite-partitions', table: reading.name, partitions: [day('2026-01-06')], files: [late] },
      ])
      const read = async (snapshotId?: string): Promise<unknown> => {
        const { files } = await catalog.planScan(reading.name, snapshotId === undefined ? {} : { snapshotId })
        return parquet.rows(`select reader, pages from ${readParquet(files)} order by pages`)
      }
      assert.deepEqual(await read(), [
        { reader: 'ann', pages: 1 },
        { reader: 'ann', pages: 20 },
      ])
      assert.deepEqual(await read(appended!.snapshotId), [
        { reader: 'ann', pages: 1 },
        { reader: 'ann', pages: 2 },
      ])
      assert.deepEqual(appended!.partitions, [day('2026-01-05'), day('2026-01-06')])
      assert.deepEqual(overwritten!.partitions, [day('2026-01-06')], 'exactly the partitions touched')
      assert.equal(overwritten!.summary['operation'], 'overwrite')
      assert.equal(overwritten!.summary['total-records'], '2')
      const snapshots = await catalog.snapshots(reading.name)
      assert.deepEqual(
        snapshots.map(({ snapshotId, parentId, sequenceNumber }) => [snapshotId, parentId, sequenceNumber]),
        [
          [overwritten!.snapshotId, appended!.snapshotId, 2],
          [appended!.snapshotId, null, 1],
        ],
      )
      assert.deepEqual(await catalog.snapshots(reading.name, { limit: 1 }), snapshots.slice(0, 1))
      const { rows, files, sizeBytes, current } = await catalog.table(reading.name)
      assert.deepEqual([rows, files, current], [2, 2, snapshots[0]])
      assert.equal(sizeBytes, first[0]!.sizeBytes + late.sizeBytes)
    })

    test('another catalog on the same database and store sees the same', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store, warehouse } = world
      await catalog.ensureTable(reading)
      const { dataLocation } = await catalog.planWrite(reading.name)
      for (const date of ['2026-01-05', '2026-01-06'])
        await catalog.commit([
          { kind: 'append', table: reading.name, files: [await fakeFile(store, dataLocation, day(date))] },
        ])
      const other = openCatalog({ database, store: openFileStore(warehouse), warehouse })
      assert.deepEqual(await other.planScan(reading.name), await catalog.planScan(reading.name))
      assert.deepEqual(await other.table(reading.name), await catalog.table(reading.name))
    })

    test('a scan is limited to the partitions asked for', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store } = world
      const table = define('metrics.daily', {
        columns: { day: 'date', country: 'string', minutes: 'double' },
        partitionBy: [dayOf('day'), identityOf('country')],
      })
      await catalog.ensureTable(table)
      const { dataLocation } = await catalog.planWrite(table.name)
      const add = async (date: string, country: string | null): Promise<string> => {
        const file = await fakeFile(store, dataLocation, { day_day: date, country })
        await catalog.commit([{ kind: 'append', table: table.name, files: [file] }])
        return file.path
      }
      const monday = await add('2026-01-05', 'fr')
      const nowhere = await add('2026-01-05', null)
      const tuesday = await add('2026-01-06', 'fr')
      const scan = (...partitions: PartitionTuple[]): Promise<string[]> =>
        paths(catalog, table.name, { partitions })
      assert.deepEqual(await scan({ day_day: '2026-01-05' }), [monday, nowhere].toSorted())
      assert.deepEqual(await scan({ day_day: '2026-01-05', country: null }), [nowhere])
      assert.deepEqual(await scan({ country: 'fr' }), [monday, tuesday].toSorted())
      assert.deepEqual(
        await scan({ country: null }, { day_day: '2026-01-06' }),
        [nowhere, tuesday].toSorted(),
      )
      assert.deepEqual(await scan({ country: 'de' }), [])
      assert.deepEqual(await scan(), [])
      await assert.rejects(scan({ day: '2026-01-05' }), /not partitioned by 'day'.*day_day, country/)
      await assert.rejects(scan({ day_day: 'monday' }), /'monday' is not a date/)

      const replacement = await fakeFile(store, dataLocation, { day_day: '2026-01-05', country: 'it' })
      const [done] = await catalog.commit([
        {
          kind: 'overwrite-partitions',
          table: table.name,
          partitions: [{ day_day: '2026-01-05' }],
          files: [replacement],
        },
      ])
      assert.deepEqual(await paths(catalog, table.name), [tuesday, replacement.path].toSorted())
      assert.deepEqual(
        new Set(done!.partitions.map((tuple) => tuple['country'])),
        new Set(['fr', 'it', null]),
        'partitions that lost and that got files',
      )
    })

    test('a commit that changes nothing makes no snapshot, and still runs what travels with it', async () => {
      await using database = await kind.open(migrations)
      const hooked: (readonly CommittedTable[])[] = []
      await using world = tempCatalog(database, {
        onCommit: async (_transaction, committed) => void hooked.push(committed),
      })
      const { catalog } = world
      await catalog.ensureTable(reading)
      let ran = 0
      const committed = await catalog.commit(
        [
          { kind: 'append', table: reading.name, files: [] },
          { kind: 'overwrite-partitions', table: reading.name, partitions: [day('2026-01-05')], files: [] },
          { kind: 'replace', table: reading.name, files: [] },
        ],
        { within: async () => void ran++, properties: { [reading.name]: { offset: '7' } } },
      )
      assert.deepEqual([committed, ran, hooked], [[], 1, []])
      const { current, properties } = await catalog.table(reading.name)
      assert.deepEqual([current, properties['offset']], [null, '7'])
    })

    test('several tables become visible together, with what runs in the transaction', async () => {
      await using database = await kind.open([
        ...migrations,
        { name: 'test-0001-mark', sql: 'create table mark (note text)' },
      ])
      await using world = tempCatalog(database, {
        async onCommit(transaction, committed) {
          for (const { table } of committed) await transaction.query('insert into mark values ($1)', [table])
        },
      })
      const { catalog, store } = world
      const names = ['a.one', 'a.two']
      for (const name of names) await catalog.ensureTable(define(name, { columns: { x: 'int' } }))
      const changes = async (): Promise<Parameters<Catalog['commit']>[0]> =>
        Promise.all(
          names.map(async (table) => ({
            kind: 'append' as const,
            table,
            files: [await fakeFile(store, `${world.warehouse}/a/${table.slice(2)}/data`)],
          })),
        )
      const filesBefore = (await Array.fromAsync(store.list(world.warehouse))).length
      const refused = await changes()
      await assert.rejects(
        catalog.commit(refused, {
          properties: { 'a.one': { offset: '1' } },
          within: async () => {
            throw new NacreError('NACRE_STALE_ATTEMPT', 'too late')
          },
        }),
        { code: 'NACRE_STALE_ATTEMPT' },
      )
      for (const name of names) assert.equal((await catalog.table(name)).current, null)
      assert.deepEqual(await database.query('select * from mark'), [])
      const filesAfter = (await Array.fromAsync(store.list(world.warehouse))).length
      assert.equal(filesAfter, filesBefore + 2, 'only the two data files are left')

      const committed = await catalog.commit(refused, {
        summary: { 'nacre.run': '42', operation: 'mine' },
        properties: { 'a.one': { offset: '2' } },
        within: async (transaction, tables) => {
          await transaction.query('insert into mark values ($1)', [`within ${tables.length}`])
        },
      })
      assert.deepEqual(
        committed.map(({ table }) => table),
        names,
      )
      assert.equal(committed[0]!.summary['nacre.run'], '42')
      assert.equal(committed[0]!.summary['operation'], 'append', 'what happened cannot be overstated')
      assert.equal((await catalog.table('a.one')).properties['offset'], '2')
      assert.deepEqual(
        (await database.query<{ note: string }>('select note from mark')).map(({ note }) => note),
        ['a.one', 'a.two', 'within 2'],
      )
    })

    test('several changes of one table act in turn, in one snapshot', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store } = world
      await catalog.ensureTable(reading)
      const { dataLocation } = await catalog.planWrite(reading.name)
      const file = (date: string) => fakeFile(store, dataLocation, day(date))
      const [old, lost, kept, last] = [
        await file('2026-01-05'),
        await file('2026-01-06'),
        await file('2026-01-07'),
        await file('2026-01-06'),
      ]
      await catalog.commit([{ kind: 'append', table: reading.name, files: [old] }])
      const committed = await catalog.commit([
        { kind: 'append', table: reading.name, files: [lost, kept] },
        { kind: 'overwrite-partitions', table: reading.name, partitions: [day('2026-01-06')], files: [last] },
      ])
      assert.equal(committed.length, 1)
      assert.deepEqual(await paths(catalog, reading.name), [old.path, kept.path, last.path].toSorted())
      assert.deepEqual(committed[0]!.partitions, [day('2026-01-06'), day('2026-01-07')])
    })

    test('8 writers of 10 appends each all land', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store, warehouse } = world
      await catalog.ensureTable(reading)
      const { dataLocation } = await catalog.planWrite(reading.name)
      const writers = Array.from({ length: 8 }, async () => {
        const own = openCatalog({ database, store: openFileStore(warehouse), warehouse })
        const landed: string[] = []
        for (let append = 0; append < 10; append++) {
          const file = await fakeFile(store, dataLocation, day('2026-01-05'))
          const committed = await own.commit([{ kind: 'append', table: reading.name, files: [file] }])
          assert.equal(committed.length, 1)
          landed.push(file.path)
        }
        return landed
      })
      const landed = (await Promise.all(writers)).flat()
      assert.deepEqual(await paths(catalog, reading.name), landed.toSorted())
      const snapshots = await catalog.snapshots(reading.name)
      assert.deepEqual(
        snapshots.map(({ sequenceNumber }) => sequenceNumber),
        Array.from({ length: 80 }, (_, index) => 80 - index),
      )
    })

    test('one of many who make the same table makes it', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const made = await Promise.all(Array.from({ length: 6 }, () => world.catalog.ensureTable(reading)))
      assert.equal(new Set(made.map(({ uuid }) => uuid)).size, 1)
    })

    test('a name that does not exist is answered with the nearest one', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      await world.catalog.ensureTable(reading)
      for (const ask of [
        () => world.catalog.table('events.readng'),
        () => world.catalog.planScan('events.readng'),
        () => world.catalog.commit([{ kind: 'append', table: 'events.readng', files: [] }]),
      ])
        await assert.rejects(ask(), {
          code: 'NACRE_NOT_FOUND',
          message: "Table 'events.readng' does not exist. Did you mean 'events.reading'?",
        })
      await assert.rejects(world.catalog.planScan(reading.name, { snapshotId: '7' }), {
        code: 'NACRE_NOT_FOUND',
      })
    })

    test('files that do not belong are refused and nothing changes', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store, warehouse } = world
      await catalog.ensureTable(reading)
      const { dataLocation } = await catalog.planWrite(reading.name)
      const file = await fakeFile(store, dataLocation, day('2026-01-05'))
      const elsewhere = await fakeFile(store, `${warehouse}/events/other/data`, day('2026-01-05'))
      const append = (...files: object[]) =>
        catalog.commit([{ kind: 'append', table: reading.name, files: files as (typeof file)[] }])
      const cases: readonly (readonly [RegExp, () => Promise<unknown>])[] = [
        [/does not lie in .*events\/reading\/data/, () => append(elsewhere)],
        [/without '.', '..'/, () => append({ ...file, path: `${dataLocation}/../../other/data/x` })],
        [/outside the store/, () => append({ ...file, path: 'file:///etc/hostname' })],
        [/gone does not exist/, () => append({ ...file, path: `${dataLocation}/gone` })],
        [/has 4 bytes, not 5/, () => append({ ...file, sizeBytes: 5 })],
        [/has row count -1/, () => append({ ...file, rowCount: -1 })],
        [/has row count 1.5/, () => append({ ...file, rowCount: 1.5 })],
        [/does not give 'at_day'/, () => append({ ...file, partition: {} })],
        [
          /not partitioned by 'country'/,
          () => append({ ...file, partition: { at_day: null, country: 'fr' } }),
        ],
        [/'soon' is not a date/, () => append({ ...file, partition: day('soon') })],
        [/named twice/, () => append(file, file)],
        [
          /holds partition \{"at_day":"2026-01-05"\}, which is not among .*2026-01-06/,
          () =>
            catalog.commit([
              {
                kind: 'overwrite-partitions',
                table: reading.name,
                partitions: [day('2026-01-06')],
                files: [file],
              },
            ]),
        ],
      ]
      for (const [message, commit] of cases) await assert.rejects(commit(), { message }, String(message))
      assert.equal((await catalog.table(reading.name)).current, null)
    })
  })
}
