import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  dayOf,
  forgetManifests,
  migrations,
  openCatalog,
  type DataFile,
  type PartitionTuple,
  type ScanOptions,
} from '../../../src/tables/index.ts'
import { dataFileEntries } from '../../../src/tables/manifests/data-file-entry.ts'
import {
  decodeManifestList,
  encodeManifestList,
  type ManifestListEntry,
} from '../../../src/tables/manifests/manifest-list.ts'
import { encodeManifest, type ManifestFileEntry } from '../../../src/tables/manifests/manifest.ts'
import { pathOfFileUri } from '../../../src/storage/index.ts'
import { writeFileSync } from 'node:fs'
import { databases } from '../../support/databases.ts'
import { define, fakeFile, tempCatalog, type TempCatalog } from '../../support/temp-catalog.ts'

const rows = define('events.rows', { columns: { at: 'timestamptz', n: 'long' }, partitionBy: [dayOf('at')] })
const dayText = (index: number): string => new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10)
const day = (index: number): PartitionTuple => ({ at_day: dayText(index) })

for (const kind of databases)
  describe(`scans on ${kind.name}`, { skip: kind.skip }, () => {
    const fileOf = async (
      world: TempCatalog,
      index: number,
      partition: PartitionTuple,
      n = index,
    ): Promise<DataFile> => {
      const { dataLocation } = await world.catalog.planWrite(rows.name)
      const column = { sizeBytes: 1, valueCount: 10, nullCount: 0 }
      return fakeFile(world.store, dataLocation, partition, {
        rows: 10,
        stats: {
          1: { ...column, min: `${dayText(index)} 01:00:00+00`, max: `${dayText(index)} 05:00:00+00` },
          2: { ...column, min: String(n), max: String(n + 9) },
        },
      })
    }
    const append = async (world: TempCatalog, files: readonly DataFile[]): Promise<string> =>
      (await world.catalog.commit([{ kind: 'append', table: rows.name, files }]))[0]!.snapshotId
    const paths = async (world: Pick<TempCatalog, 'catalog'>, options?: ScanOptions): Promise<string[]> =>
      (await world.catalog.planScan(rows.name, options)).files.map(({ path }) => path).toSorted()
    const sorted = (files: readonly DataFile[]): string[] => files.map(({ path }) => path).toSorted()

    test('an earlier state by its id, by a tag, by a branch and by the time, under the schema of then', async () => {
      await using database = await kind.open(migrations)
      let nowMs = Date.parse('2026-03-01T00:00:00Z')
      const clock = { now: () => nowMs, sleep: async () => {} }
      await using world = tempCatalog(database, { clock })
      const { catalog } = world
      await catalog.ensureTable(rows)
      const files = [
        await fileOf(world, 0, day(0)),
        await fileOf(world, 1, day(1)),
        await fileOf(world, 2, day(2)),
      ]
      const first = await append(world, [files[0]!])
      await catalog.refs.create(rows.name, { name: 'closed', type: 'tag', snapshotId: first })
      await catalog.refs.create(rows.name, { name: 'trial', type: 'branch', snapshotId: first })
      nowMs += 3_600_000
      await catalog.ensureTable(
        define(rows.name, { ...rows.spec, columns: { ...rows.spec.columns, more: 'string' } }),
      )
      await append(world, [files[1]!])
      nowMs += 3_600_000
      await append(world, [files[2]!])
      const columnsOf = async (options?: ScanOptions): Promise<number> =>
        (await catalog.planScan(rows.name, options)).schema.fields.length
      assert.deepEqual(await paths(world), sorted(files))
      assert.deepEqual(await paths(world, { snapshotId: first }), [files[0]!.path])
      assert.deepEqual(await paths(world, { ref: 'closed' }), [files[0]!.path])
      assert.deepEqual(await paths(world, { ref: 'main' }), sorted(files))
      assert.deepEqual(await paths(world, { asOf: '2026-03-01T01:30:00Z' }), sorted(files.slice(0, 2)))
      assert.deepEqual(
        [await columnsOf(), await columnsOf({ snapshotId: first }), await columnsOf({ ref: 'closed' })],
        [3, 2, 2],
      )
      assert.equal(await columnsOf({ ref: 'trial' }), 3, 'a branch has the newest schema')
      const missing: readonly [ScanOptions, RegExp, string][] = [
        [{ snapshotId: '1' }, /no snapshot 1;/, 'NACRE_NOT_FOUND'],
        [{ ref: 'opened' }, /no branch or tag 'opened'; it has .*closed/, 'NACRE_NOT_FOUND'],
        [{ asOf: '2026-02-01T00:00:00Z' }, /no snapshot of 2026-02-01/, 'NACRE_NOT_FOUND'],
        [{ asOf: 'yesterday' }, /'yesterday' is not a time/, 'NACRE_INPUT'],
        [{ ref: 'closed', snapshotId: first }, /give a snapshot, a ref or a time/, 'NACRE_INPUT'],
        [{ where: [{ column: 'm', is: 'null' }] }, /column 'm'.*at, n/, 'NACRE_INPUT'],
        [{ where: [{ column: 'n', is: '=', value: 'x' }] }, /'x' is not a value of type long/, 'NACRE_INPUT'],
      ]
      for (const [options, message, code] of missing)
        await assert.rejects(catalog.planScan(rows.name, options), { code, message })
    })

    test('through the index what they give without it, by partitions and by bounds', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store, warehouse } = world
      await catalog.ensureTable(rows)
      const files: { file: DataFile; index: number }[] = []
      for (let index = 0; index < 600; index++)
        files.push({ index, file: await fileOf(world, index % 5, day(index % 5), index * 10) })
      await append(
        world,
        files.map(({ file }) => file),
      )
      await append(world, [await fileOf(world, 2, day(2), 6000)])
      const count = async (): Promise<unknown> =>
        (await database.query<{ n: bigint }>('select count(*) as n from manifest_index'))[0]!.n
      const selected = (keep: (index: number) => boolean): string[] =>
        sorted(files.filter(({ index }) => keep(index)).map(({ file }) => file))
      const other = openCatalog({ database, store, warehouse })
      for (const reading of [{ catalog }, { catalog }, { catalog: other }]) {
        assert.equal((await paths(reading)).length, 601)
        assert.deepEqual(
          await paths(reading, { partitions: [day(3), day(4)] }),
          selected((index) => index % 5 > 2),
        )
        assert.deepEqual(
          await paths(reading, { where: [{ column: 'n', is: 'in', values: [5, 1234] }] }),
          selected((index) => index === 0 || index === 123),
        )
        assert.deepEqual(
          await paths(reading, {
            where: [
              { column: 'at', is: '>=', value: '2026-01-02T00:00:00Z' },
              { column: 'at', is: '<', value: '2026-01-02T01:00:00Z' },
              { column: 'n', is: '<', value: 100 },
            ],
          }),
          selected((index) => index % 5 === 1 && index <= 10),
        )
        assert.deepEqual(
          await paths(reading, { where: [{ column: 'at', is: '>', value: '2026-01-04T05:30:00Z' }] }),
          selected((index) => index % 5 === 4),
        )
        assert.deepEqual(await paths(reading, { where: [{ column: 'n', is: 'null' }] }), [])
        assert.ok(((await count()) as bigint) > 0n, 'large manifests are indexed')
      }
      const [{ paths: indexed }] = (await database.query(
        'select array_agg(manifest_path) as paths from manifest_index',
      )) as unknown as [{ paths: string[] }]
      await forgetManifests(database, indexed)
      assert.equal(await count(), 0n)
      const fresh = { catalog: openCatalog({ database, store, warehouse }) }
      assert.equal((await paths(fresh, { partitions: [day(1)] })).length, 120)
    })

    test('of a day take in files of an older partitioning that may hold it, rows of other days left out', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog } = world
      await catalog.ensureTable(rows)
      const byDay = await fileOf(world, 0, day(0))
      await append(world, [byDay])
      const respec = async (transform: string, name: string): Promise<void> => {
        const field = { 'source-id': 1, 'field-id': 1000 + name.length, name, transform }
        await catalog.iceberg.commit([
          {
            table: rows.name,
            requirements: [],
            updates: [
              { action: 'add-spec', spec: { 'spec-id': -1, fields: [field] } } as never,
              { action: 'set-default-spec', 'spec-id': -1 },
            ],
          },
        ])
      }
      await respec('month', 'at_month')
      const january = await fileOf(world, 3, { at_month: 672 })
      const february = await fileOf(world, 40, { at_month: 673 })
      await append(world, [january, february])
      assert.deepEqual(await paths(world, { partitions: [{ at_month: 672 }] }), sorted([byDay, january]))
      await respec('day', 'at_day')
      const late = await fileOf(world, 3, day(3))
      await append(world, [late])
      const plan = await catalog.planScan(rows.name, { partitions: [day(3)] })
      const shares = plan.files.map(({ path, isPartial }) => [path, isPartial])
      assert.deepEqual(
        new Map(shares as [string, unknown][]),
        new Map<string, unknown>([
          [january.path, true],
          [late.path, undefined],
        ]),
      )
      assert.deepEqual(plan.partitions?.tuples, [day(3)])
      assert.deepEqual(
        await paths(world, { partitions: [day(0)] }),
        [byDay.path],
        'bounds leave the month out',
      )
      assert.equal((await catalog.planScan(rows.name, { partitions: [day(0)] })).partitions, undefined)
    })

    test('name the position deletes of each file', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store } = world
      await catalog.ensureTable(rows)
      const [first, second, other] = [
        await fileOf(world, 0, day(0)),
        await fileOf(world, 0, day(0)),
        await fileOf(world, 1, day(1)),
      ]
      await append(world, [first, second, other])
      const deleting = async (
        entries: readonly (Partial<ManifestFileEntry> & { partition: PartitionTuple })[],
      ): Promise<string[]> => {
        const { metadata } = await catalog.iceberg.loadTable(rows.name)
        const parent = metadata.snapshots.at(-1)!
        const id = Number(parent['snapshot-id']) + 1
        const template = dataFileEntries(metadata)(first)
        const all = await Promise.all(
          entries.map(async (entry) => {
            const { path } = await fileOf(world, 0, entry.partition)
            return {
              status: 1,
              snapshot_id: id,
              sequence_number: 0,
              file_sequence_number: 0,
              data_file: {
                ...template,
                content: 1,
                file_path: path,
                lower_bounds: [],
                upper_bounds: [],
                ...entry,
              },
            }
          }),
        )
        const manifest = encodeManifest(
          { schema: metadata.schemas[0]!, spec: metadata['partition-specs'][0]!, entries: all },
          Buffer.alloc(16, 1),
        )
        const uri = `${metadata.location}/metadata/deletes-${id}.avro`
        await store.writeIfAbsent(uri, manifest)
        const sequence = metadata['last-sequence-number'] + 1
        const listed: ManifestListEntry = {
          ...decodeManifestList(await store.read(parent['manifest-list']))[0]!,
          manifest_path: uri,
          manifest_length: manifest.length,
          content: 1,
          sequence_number: sequence,
          min_sequence_number: sequence,
          added_snapshot_id: id,
          added_files_count: all.length,
          existing_files_count: 0,
          deleted_files_count: 0,
          added_rows_count: 10 * all.length,
          existing_rows_count: 0,
          deleted_rows_count: 0,
          partitions: null,
        }
        const snapshot = {
          'snapshot-id': id,
          'parent-snapshot-id': parent['snapshot-id'],
          'sequence-number': sequence,
          'timestamp-ms': Number(parent['timestamp-ms']) + 1,
          'manifest-list': `${metadata.location}/metadata/snap-${id}.avro`,
          summary: { operation: 'overwrite' },
          'schema-id': 0,
        }
        const list = [listed, ...decodeManifestList(await store.read(parent['manifest-list']))]
        await store.writeIfAbsent(
          snapshot['manifest-list'],
          encodeManifestList(list, snapshot, Buffer.alloc(16, 2)),
        )
        await catalog.iceberg.commit([
          {
            table: rows.name,
            requirements: [],
            updates: [
              { action: 'add-snapshot', snapshot },
              { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': id },
            ],
          },
        ])
        return all.map(({ data_file: file }) => file.file_path)
      }
      const bound = (path: string): ManifestFileEntry['lower_bounds'] => [
        { key: 2147483546, value: Buffer.from(path) },
      ]
      const [any, one] = await deleting([
        { partition: day(0) },
        { partition: day(0), lower_bounds: bound(second.path), upper_bounds: bound(second.path) },
      ])
      const later = await fileOf(world, 0, day(0))
      await append(world, [later])
      const deletesOf = async (): Promise<unknown> =>
        Object.fromEntries(
          (await catalog.planScan(rows.name)).files.map(({ path, deletes }) => [
            path,
            deletes?.toSorted((a, b) => (a < b ? -1 : 1)),
          ]),
        )
      assert.deepEqual(await deletesOf(), {
        [first.path]: [any],
        [second.path]: [any!, one!].toSorted((a, b) => (a < b ? -1 : 1)),
        [other.path]: undefined,
        [later.path]: undefined,
      })
    })

    test('of a table with a damaged or missing manifest say which; other tables are planned', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store, warehouse } = world
      await catalog.ensureTable(rows)
      await append(world, [await fileOf(world, 0, day(0))])
      const sound = define('events.sound', { columns: { n: 'int' } })
      await catalog.ensureTable(sound)
      const { metadata } = await catalog.iceberg.loadTable(rows.name)
      const list = metadata.snapshots[0]!['manifest-list']
      const manifest = decodeManifestList(await store.read(list))[0]!.manifest_path
      for (const uri of [manifest, list]) {
        for (const harm of [async () => writeFileSync(pathOfFileUri(uri), 'Obj'), () => store.delete(uri)]) {
          await harm()
          const fresh = openCatalog({ database, store, warehouse })
          await assert.rejects(fresh.planScan(rows.name), {
            code: 'NACRE_CORRUPT',
            message: new RegExp(
              `Table 'events.rows' cannot be read: its metadata file ${uri} is (missing|damaged)`,
            ),
          })
          assert.deepEqual((await fresh.planScan(sound.name)).files, [])
        }
      }
    })
  })
