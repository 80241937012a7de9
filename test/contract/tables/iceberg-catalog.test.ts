import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NacreError, stringifyLossless } from '../../../src/base/index.ts'
import { openFileStore } from '../../../src/storage/index.ts'
import {
  identityOf,
  migrations,
  openCatalog,
  rememberReply,
  replyOf,
  type Catalog,
  type CommittedTable,
  type MetadataUpdate,
  type PartitionSpec,
  type Schema,
} from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { foreignAppend, type Deviations } from '../../support/foreign-snapshot.ts'
import { define, fakeFile, tempCatalog, type TempCatalog } from '../../support/temp-catalog.ts'

const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 11, name: 'id', required: true, type: 'long' },
    { id: 12, name: 'country', required: false, type: 'string' },
  ],
  'identifier-field-ids': [11],
}
const spec: PartitionSpec = {
  'spec-id': 7,
  fields: [{ 'source-id': 12, 'field-id': 1005, name: 'country', transform: 'identity' }],
}
const fr = { country: 'fr' }
const filesIn = async ({ store, warehouse }: TempCatalog): Promise<string[]> =>
  (await Array.fromAsync(store.list(warehouse))).map(({ uri }) => uri)

async function makeTable({ catalog: { iceberg } }: TempCatalog, name = 'a.t') {
  await iceberg.createNamespace([name.split('.')[0]!], {}).catch(() => {})
  return iceberg.createTable({ name, schema, spec })
}

/** The commit of an outside append of one file of `country=fr`. */
async function append(world: TempCatalog, name = 'a.t', deviations: Deviations = {}) {
  const table = await world.catalog.iceberg.loadTable(name)
  const file = await fakeFile(world.store, `${table.metadata.location}/data`, fr, {
    stats: { 1: { sizeBytes: 8, valueCount: 1, nullCount: 0, min: '5', max: '9' } },
  })
  return foreignAppend(world.store, table, [file], deviations)
}

for (const kind of databases) {
  describe(`Iceberg catalog on ${kind.name}`, { skip: kind.skip }, () => {
    test('namespaces are made, found, changed and dropped; tables of definitions imply theirs', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { iceberg } = world.catalog
      await world.catalog.ensureTable(define('events.reading', { columns: { x: 'int' } }))
      await iceberg.createNamespace(['a'], { owner: 'ann' })
      await iceberg.createNamespace(['a', 'b', 'c'], {})
      assert.deepEqual(await iceberg.listNamespaces([]), [['a'], ['events']])
      assert.deepEqual(await iceberg.listNamespaces(['a']), [['a', 'b']])
      assert.deepEqual(await iceberg.listNamespaces(['a', 'b']), [['a', 'b', 'c']])
      assert.deepEqual(await iceberg.loadNamespace(['events']), {})
      assert.deepEqual(
        await iceberg.updateNamespace(['a'], { removals: ['owner', 'gone'], updates: { team: 'x' } }),
        { updated: ['team'], removed: ['owner'], missing: ['gone'] },
      )
      assert.deepEqual(await iceberg.loadNamespace(['a']), { team: 'x' })
      const refused = iceberg.updateNamespace(['a'], { removals: ['k'], updates: { k: '1' } })
      await assert.rejects(refused, { code: 'NACRE_INPUT', message: /'k' of 'a' is both set and removed/ })
      const absent = { code: 'NACRE_NOT_FOUND', details: { subject: 'Namespace', namespace: 'no' } }
      await assert.rejects(iceberg.loadNamespace(['no']), absent)
      await assert.rejects(iceberg.listNamespaces(['no']), absent)
      await assert.rejects(iceberg.dropNamespace(['no']), absent)
      await assert.rejects(iceberg.listTables(['no']), absent)
      await assert.rejects(iceberg.createNamespace(['events'], {}), { code: 'NACRE_CONFLICT' })
      await assert.rejects(iceberg.createNamespace(['a b'], {}), {
        code: 'NACRE_INPUT',
        message: /'a b' must be/,
      })
      await assert.rejects(iceberg.createNamespace([], {}), { code: 'NACRE_INPUT' })
      for (const full of [['a'], ['a', 'b'], ['events']])
        await assert.rejects(iceberg.dropNamespace(full), {
          code: 'NACRE_CONFLICT',
          details: { isNotEmpty: true },
        })
      await iceberg.dropNamespace(['a', 'b', 'c'])
      await assert.rejects(iceberg.loadNamespace(['a', 'b']), /Namespace 'a.b' does not exist/)
      await iceberg.dropNamespace(['a'])
      assert.deepEqual(await iceberg.listNamespaces([]), [['events']])
    })

    test('tables are listed in pages', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { iceberg } = world.catalog
      for (const name of ['a.B', 'a.c', 'a.a', 'a.a-1']) await makeTable(world, name)
      await iceberg.createNamespace(['a', 'deep'], {})
      await iceberg.createTable({ name: 'a.deep.t', schema })
      const first = await iceberg.listTables(['a'], { limit: 3 })
      assert.deepEqual(first, { names: ['a.B', 'a.a', 'a.a-1'], next: 'a.a-1' })
      assert.deepEqual(await iceberg.listTables(['a'], { limit: 3, after: first.next! }), {
        names: ['a.c'],
        next: null,
      })
      assert.equal((await iceberg.listTables(['a'])).names.length, 4)
      assert.deepEqual(await iceberg.listTables(['a', 'deep']), { names: ['a.deep.t'], next: null })
    })

    test('a table is made with ids of the catalog, once', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { iceberg } = world.catalog
      const { metadata, metadataLocation } = await makeTable(world)
      assert.deepEqual(
        metadata.schemas[0]!.fields.map(({ id }) => id),
        [1, 2],
      )
      assert.deepEqual(metadata.schemas[0]!['identifier-field-ids'], [1])
      assert.deepEqual(metadata['partition-specs'], [
        { 'spec-id': 0, fields: [{ ...spec.fields[0], 'source-id': 2, 'field-id': 1000 }] },
      ])
      assert.equal(metadata.location, `${world.warehouse}/a/t`)
      assert.deepEqual((await iceberg.loadTable('a.t')).metadataLocation, metadataLocation)
      assert.deepEqual(await world.catalog.tables(), [await world.catalog.table('a.t')])
      const wrong: readonly (readonly [object, object])[] = [
        [
          { name: 'a.t', schema },
          { code: 'NACRE_CONFLICT', message: /'a.t' exists already/ },
        ],
        [
          { name: 'no.t', schema },
          { code: 'NACRE_NOT_FOUND', message: /Namespace 'no'/ },
        ],
        [
          { name: 't', schema },
          { code: 'NACRE_INPUT', message: /has no namespace/ },
        ],
        [{ name: 'a.t/../u', schema }, { code: 'NACRE_INPUT' }],
        [{ name: 'a.u', schema: { type: 'struct' } }, { message: /'schema.fields' is missing/ }],
        [
          { name: 'a.u', schema, properties: { 'format-version': '3' } },
          { message: /version 3 is not supported/ },
        ],
        [{ name: 'a.u', schema, location: 'file:///etc/t' }, { message: /file:\/\/\/etc\/t is not inside/ }],
        [{ name: 'a.u', schema, location: `${world.warehouse}/x/../../t` }, { message: /without '.', '..'/ }],
        [{ name: 'a.u', schema, location: world.warehouse }, { message: /is not inside/ }],
        [
          { name: 'a.u', schema, location: metadata.location },
          { code: 'NACRE_CONFLICT', message: /'a.t' lies at/ },
        ],
        [{ name: 'a.u', schema, location: `${metadata.location}/data/u` }, { code: 'NACRE_CONFLICT' }],
        [{ name: 'a.u', schema, location: `${world.warehouse}/a` }, { code: 'NACRE_CONFLICT' }],
        [
          { name: 'a.u', schema, spec: { fields: [{ 'source-id': 99, name: 'x', transform: 'identity' }] } },
          { message: /Partition field 'x' has source 99/ },
        ],
      ]
      const before = await filesIn(world)
      for (const [request, error] of wrong)
        await assert.rejects(iceberg.createTable(request as never), error, stringifyLossless(request))
      assert.deepEqual(await filesIn(world), before, 'nothing is left behind')
      const racing = await Promise.allSettled(
        Array.from({ length: 5 }, () => iceberg.createTable({ name: 'a.race', schema })),
      )
      assert.equal(racing.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const result of racing)
        if (result.status === 'rejected') assert.equal(result.reason.code, 'NACRE_CONFLICT')
    })

    test('a staged table is created by the commit that fills it, with another table', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { iceberg } = world.catalog
      await makeTable(world, 'a.other')
      const staged = await iceberg.stageTable({ name: 'a.t', schema, spec, properties: { k: 'v' } })
      await assert.rejects(iceberg.loadTable('a.t'), { code: 'NACRE_NOT_FOUND' })
      const creation = {
        table: 'a.t',
        requirements: [{ type: 'assert-create' }] as const,
        updates: [
          { action: 'assign-uuid', uuid: staged['table-uuid'] },
          { action: 'upgrade-format-version', 'format-version': 2 },
          { action: 'add-schema', schema: staged.schemas[0]! },
          { action: 'set-current-schema', 'schema-id': -1 },
          { action: 'add-spec', spec: staged['partition-specs'][0]! },
          { action: 'set-default-spec', 'spec-id': -1 },
          { action: 'add-sort-order', 'sort-order': staged['sort-orders'][0]! },
          { action: 'set-default-sort-order', 'sort-order-id': -1 },
          { action: 'set-location', location: staged.location },
          { action: 'set-properties', updates: staged.properties },
        ] satisfies MetadataUpdate[],
      }
      const file = await fakeFile(world.store, `${staged.location}/data`, fr)
      const filled = await foreignAppend(
        world.store,
        { name: 'a.t', metadataLocation: '', metadata: staged },
        [file],
      )
      const both = [
        { ...creation, updates: [...creation.updates, ...filled.updates] },
        await append(world, 'a.other'),
      ]
      const [made, other] = await iceberg.commit(both)
      assert.deepEqual([made!.name, other!.name], ['a.t', 'a.other'])
      assert.equal(made!.metadata['table-uuid'], staged['table-uuid'])
      assert.equal((await world.catalog.planScan('a.t')).files[0]!.path, file.path)
      await assert.rejects(iceberg.commit([creation]), { code: 'NACRE_COMMIT_CONFLICT' })
      await assert.rejects(iceberg.commit([{ ...creation, table: 'a.u' }]), {
        code: 'NACRE_CONFLICT',
        message: /cannot take .*\/a\/t: .*metadata.json is there/,
      })
      const elsewhere = creation.updates.filter(({ action }) => action !== 'set-location')
      await assert.rejects(iceberg.commit([{ ...creation, table: 'a.u', updates: elsewhere }]), {
        code: 'NACRE_CONFLICT',
        message: /table 'a.t' has the uuid/,
      })
      await assert.rejects(iceberg.commit([{ ...creation, table: 'a.u', requirements: [] }]), {
        code: 'NACRE_NOT_FOUND',
      })
    })

    test("an outside engine's commit runs the hook and what travels with it, as our own do", async () => {
      await using database = await kind.open(migrations)
      const hooked: (readonly CommittedTable[])[] = []
      await using world = tempCatalog(database, {
        onCommit: async (_transaction, committed) => void hooked.push(committed),
      })
      const { iceberg } = world.catalog
      await makeTable(world)
      const seen: unknown[] = []
      const id = 2n ** 62n + 9n
      const [after] = await iceberg.commit([await append(world, 'a.t', { snapshotId: id })], {
        summary: { 'nacre.run': '42', operation: 'mine' },
        properties: { 'a.t': { offset: '7' } },
        within: async (_transaction, committed, tables) => void seen.push(committed, tables),
      })
      const [committed] = hooked[0]!
      assert.deepEqual(
        [committed!.table, committed!.snapshotId, committed!.sequenceNumber, committed!.partitions],
        ['a.t', String(id), 1, [fr]],
      )
      assert.equal(committed!.summary['nacre.run'], '42')
      assert.equal(committed!.summary['operation'], 'append')
      assert.equal(after!.metadata.properties['offset'], '7')
      assert.deepEqual(seen, [hooked[0], [after]])
      assert.deepEqual((await iceberg.loadTable('a.t')).metadata, after!.metadata)

      await iceberg.commit([await append(world, 'a.t', { branch: 'audit', snapshotId: 5 })])
      const properties = [{ action: 'set-properties', updates: { k: 'v' } }] as const
      await iceberg.commit([{ table: 'a.t', requirements: [], updates: properties }])
      assert.equal(hooked.length, 1, 'main did not move')
      const forward = [
        { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': 5 },
      ] as const
      await iceberg.commit([{ table: 'a.t', requirements: [], updates: forward }])
      assert.deepEqual(hooked[1]![0]!.partitions, [fr], 'main gained what the branch had')
      const back = [{ ...forward[0], 'snapshot-id': id }] as const
      await iceberg.renameTable('a.t', 'a.renamed')
      await iceberg.commit([{ table: 'a.renamed', requirements: [], updates: back }])
      assert.deepEqual([hooked[2]![0]!.table, hooked[2]![0]!.partitions], ['a.renamed', [fr]], 'and lost it')

      const state = await filesIn(world)
      const refused = iceberg.commit([{ table: 'a.renamed', requirements: [], updates: properties }], {
        within: async () => {
          throw new NacreError('NACRE_STALE_ATTEMPT', 'too late')
        },
      })
      await assert.rejects(refused, { code: 'NACRE_STALE_ATTEMPT' })
      assert.deepEqual(await filesIn(world), state)
    })

    test('requirements are checked again when another commit came first', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { iceberg } = world.catalog
      await makeTable(world)
      const writers = Array.from({ length: 6 }, (_, index) => ({ [`k${index}`]: 'v' }))
      await Promise.all(
        writers.map((updates) =>
          iceberg.commit([
            { table: 'a.t', requirements: [], updates: [{ action: 'set-properties', updates }] },
          ]),
        ),
      )
      const { metadata } = await iceberg.loadTable('a.t')
      assert.deepEqual(metadata.properties, Object.assign({}, ...writers), 'all landed')
      const appends = await Promise.all(Array.from({ length: 4 }, () => append(world)))
      const results = await Promise.allSettled(appends.map((change) => iceberg.commit([change])))
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const result of results)
        if (result.status === 'rejected') assert.equal(result.reason.code, 'NACRE_COMMIT_CONFLICT')
      assert.equal((await iceberg.loadTable('a.t')).metadata.snapshots.length, 1)
    })

    test('several tables change together or not at all', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { iceberg } = world.catalog
      await makeTable(world, 'a.one')
      await makeTable(world, 'a.two')
      const one = await append(world, 'a.one')
      const stale = await append(world, 'a.two')
      await iceberg.commit([await append(world, 'a.two')])
      await assert.rejects(iceberg.commit([one, stale]), { code: 'NACRE_COMMIT_CONFLICT' })
      assert.equal((await world.catalog.table('a.one')).current, null)
      await iceberg.commit([one, await append(world, 'a.two')])
      assert.equal((await world.catalog.planScan('a.one')).files.length, 1)
      assert.equal((await world.catalog.planScan('a.two')).files.length, 2)
      await assert.rejects(iceberg.commit([one, one]), { code: 'NACRE_INPUT', message: /'a.one' twice/ })
    })

    test('what an outside engine wrote wrongly is refused, naming the file', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store, warehouse } = world
      const { iceberg } = catalog
      await makeTable(world)
      const outside = await fakeFile(store, `${warehouse}/a/u/data`, fr)
      const dataFile = (change: object): Deviations => ({
        entry: (entry) => ({ ...entry, data_file: { ...entry.data_file, ...change } }),
      })
      const bound = (value: Buffer) => [{ key: 1, value }]
      const cases: readonly (readonly [RegExp, Deviations])[] = [
        [/u\/data\/.* lies outside .*\/a\/t, where/, dataFile({ file_path: outside.path })],
        [/\/etc\/passwd lies outside/, dataFile({ file_path: 'file:///etc/passwd' })],
        [/lies outside/, dataFile({ file_path: `${warehouse}/a/t/data/../../u/x` })],
        [
          /data\/gone.*cannot be read: .*does not exist/,
          dataFile({ file_path: `${warehouse}/a/t/data/gone` }),
        ],
        [/has 4 bytes, not 5 as its manifest says/, dataFile({ file_size_in_bytes: 5 })],
        [
          /holds equality deletes/,
          { ...dataFile({ content: 2, equality_ids: [1] }), listed: { content: 1 } },
        ],
        [/is of content 1 in manifest .* of content 0/, dataFile({ content: 1 })],
        [/is of format ORC/, dataFile({ file_format: 'ORC' })],
        [/column 'id': 2 nulls among 1 values/, dataFile({ null_value_counts: [{ key: 1, value: 2 }] })],
        [
          /column 'id': its lower bound, 3 bytes, is no long/,
          dataFile({ lower_bounds: bound(Buffer.alloc(3)) }),
        ],
        [/lower bound 5 is above its upper bound 0/, dataFile({ upper_bounds: bound(Buffer.alloc(8)) })],
        [/has 1 added files, not 2/, { listed: { added_files_count: 2 } }],
        [/has 1 added rows, not 3/, { listed: { added_rows_count: 3 } }],
        [/bytes, not 9 as the manifest list says/, { listed: { manifest_length: 9 } }],
        [/partition spec 4, which the table does not have/, { listed: { partition_spec_id: 4 } }],
        [/Manifest .*u\/m.avro lies outside/, { listed: { manifest_path: `${warehouse}/a/u/m.avro` } }],
        [
          /Manifest .*nothing.avro cannot be read/,
          { listed: { manifest_path: `${warehouse}/a/t/metadata/nothing.avro` } },
        ],
        [
          /Manifest list .*u\/l.avro lies outside/,
          { snapshot: { 'manifest-list': `${warehouse}/a/u/l.avro` } },
        ],
      ]
      for (const [message, deviations] of cases) {
        const change = await append(world, 'a.t', deviations)
        await assert.rejects(iceberg.commit([change]), { code: 'NACRE_INPUT', message }, String(message))
      }
      const garbage = `${warehouse}/a/t/metadata/garbage.avro`
      await store.writeIfAbsent(garbage, Buffer.from('not avro'))
      const broken = await append(world)
      const pointed = broken.updates.map((update) =>
        update.action === 'add-snapshot'
          ? { ...update, snapshot: { ...update.snapshot, 'manifest-list': garbage } }
          : update,
      )
      await assert.rejects(iceberg.commit([{ ...broken, updates: pointed }]), {
        code: 'NACRE_INPUT',
        message: /Manifest list .*garbage.avro cannot be read/,
      })
      const other = (await makeTable(world, 'a.u')).metadata.location
      const places: readonly (readonly [RegExp, MetadataUpdate])[] = [
        [/Location file:\/\/\/etc is not inside/, { action: 'set-location', location: 'file:///etc' }],
        [/cannot take .*\/a\/u/, { action: 'set-location', location: other }],
        [
          /write.data.path names .*, which is not inside the table's location/,
          { action: 'set-properties', updates: { 'write.data.path': `${other}/data` } },
        ],
        [
          /Statistics file file:\/\/\/etc\/s lies outside/,
          {
            action: 'set-statistics',
            statistics: { 'snapshot-id': 1, 'statistics-path': 'file:///etc/s', 'file-size-in-bytes': 1 },
          },
        ],
      ]
      for (const [message, update] of places)
        await assert.rejects(
          iceberg.commit([{ table: 'a.t', requirements: [], updates: [update] }]),
          { message },
          String(message),
        )
      assert.equal((await catalog.table('a.t')).current, null)

      await iceberg.commit([await append(world)])
      const moved = [{ action: 'set-location', location: `${warehouse}/a/elsewhere` }] as const
      await assert.rejects(iceberg.commit([{ table: 'a.t', requirements: [], updates: moved }]), {
        code: 'NACRE_INPUT',
        message: /so it cannot move/,
      })
      const respec = [
        { action: 'add-spec', spec: { fields: [] } },
        { action: 'set-default-spec', 'spec-id': -1 },
        { action: 'remove-partition-specs', 'spec-ids': [0] },
      ] satisfies MetadataUpdate[]
      await assert.rejects(iceberg.commit([{ table: 'a.t', requirements: [], updates: respec }]), {
        code: 'NACRE_INPUT',
        message: /Partition spec 0 is that of files in snapshot/,
      })
    })

    test('renaming keeps the table, and its old name is free for another', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { iceberg } = world.catalog
      const { metadata } = await makeTable(world)
      await iceberg.commit([await append(world)])
      await iceberg.createNamespace(['b'], {})
      await iceberg.renameTable('a.t', 'b.u')
      assert.equal((await iceberg.loadTable('b.u')).metadata['table-uuid'], metadata['table-uuid'])
      await assert.rejects(iceberg.loadTable('a.t'), { code: 'NACRE_NOT_FOUND' })
      const second = await makeTable(world)
      assert.notEqual(second.metadata.location, metadata.location, 'it does not move in with the other')
      await iceberg.commit([await append(world)])
      await assert.rejects(iceberg.renameTable('a.t', 'b.u'), { code: 'NACRE_CONFLICT' })
      await assert.rejects(iceberg.renameTable('a.no', 'b.v'), { code: 'NACRE_NOT_FOUND' })
      await assert.rejects(iceberg.renameTable('a.t', 'no.v'), { message: /Namespace 'no'/ })
      await assert.rejects(iceberg.renameTable('a.t', 'b.v v'), { code: 'NACRE_INPUT' })
    })

    test('dropping leaves the files; with purge those go that the table reaches in its own folder', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store } = world
      const { iceberg } = catalog
      const kept = await makeTable(world, 'a.kept')
      await iceberg.commit([await append(world, 'a.kept')])
      const others = await filesIn(world)
      await makeTable(world)
      await iceberg.commit([await append(world)])
      await iceberg.commit([await append(world)])
      const stray = await fakeFile(store, `${world.warehouse}/a/t/data`, fr)
      const metadataLocation = (await iceberg.loadTable('a.t')).metadataLocation
      const all = await filesIn(world)
      await iceberg.dropTable('a.t')
      assert.deepEqual(await filesIn(world), all)
      await iceberg.registerTable('a.t', metadataLocation)
      assert.equal((await catalog.planScan('a.t')).files.length, 2)
      await assert.rejects(iceberg.registerTable('a.t', metadataLocation), { code: 'NACRE_CONFLICT' })
      await iceberg.registerTable('a.t', metadataLocation, { overwrite: true })
      await iceberg.dropTable('a.t', { purge: true })
      assert.deepEqual((await filesIn(world)).toSorted(), [...others, stray.path].toSorted())
      await assert.rejects(iceberg.dropTable('a.t'), { code: 'NACRE_NOT_FOUND' })
      assert.equal((await catalog.planScan('a.kept')).tableUuid, kept.metadata['table-uuid'])
    })

    test('what cannot be registered', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { catalog, store, warehouse } = world
      const { metadata, metadataLocation } = await makeTable(world)
      const write = async (change: object): Promise<string> => {
        const uri = `${warehouse}/in/${Math.random()}.metadata.json`
        await store.writeIfAbsent(uri, Buffer.from(stringifyLossless({ ...metadata, ...change })))
        return uri
      }
      const moved = { 'table-uuid': '11111111-1111-4111-8111-111111111111', location: `${warehouse}/in` }
      const list = { 'manifest-list': 'file:///etc/x', 'timestamp-ms': 1, 'sequence-number': 1, summary: {} }
      const cases: readonly (readonly [RegExp, string])[] = [
        [/is not inside/, 'file:///etc/passwd'],
        [/is not inside/, `${warehouse}/../x`],
        [/gone does not exist/, `${warehouse}/gone`],
        [/has format version 3; .* Rewrite the table as version 2/, await write({ 'format-version': 3 })],
        [/Location file:\/\/\/etc is not inside/, await write({ location: 'file:///etc' })],
        [/table 'a.t' has the uuid/, metadataLocation],
        [/table 'a.t' lies at/, await write({ ...moved, location: metadata.location })],
        [
          /Manifest list file:\/\/\/etc\/x lies outside/,
          await write({ ...moved, snapshots: [{ ...list, 'snapshot-id': 1 }] }),
        ],
        [/names it/, await write({ ...moved, refs: { x: { type: 'tag', 'snapshot-id': 4 } } })],
      ]
      for (const [message, uri] of cases)
        await assert.rejects(catalog.iceberg.registerTable('a.u', uri), { message }, String(message))
      await assert.rejects(catalog.iceberg.registerTable('no.u', await write(moved)), /Namespace 'no'/)
      await catalog.iceberg.registerTable('a.u', await write(moved))
    })

    test('a table whose metadata is lost or damaged does not hide the others', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { store, warehouse } = world
      for (const name of ['a.lost', 'a.good']) await makeTable(world, name)
      const { metadataLocation } = await world.catalog.iceberg.loadTable('a.lost')
      await store.delete(metadataLocation)
      const fresh = (): Catalog => openCatalog({ database, store: openFileStore(warehouse), warehouse })
      const check = async (problem: RegExp): Promise<void> => {
        const catalog = fresh()
        assert.deepEqual(
          (await catalog.tables()).map(({ name }) => name),
          ['a.good'],
        )
        const [broken, ...more] = await catalog.brokenTables()
        assert.deepEqual([broken!.name, broken!.metadataLocation, more], ['a.lost', metadataLocation, []])
        assert.match(broken!.problem, problem)
        await assert.rejects(catalog.table('a.lost'), { code: 'NACRE_CORRUPT', message: problem })
        await assert.rejects(catalog.iceberg.loadTable('a.lost'), { code: 'NACRE_CORRUPT' })
      }
      await check(/metadata file .*metadata.json is missing/)
      const { metadata } = await world.catalog.iceberg.loadTable('a.good')
      const undated = { 'snapshot-id': 1, 'timestamp-ms': 8.64e15 + 1, 'manifest-list': 'x', summary: {} }
      await store.writeIfAbsent(
        metadataLocation,
        Buffer.from(JSON.stringify({ ...metadata, snapshots: [undated], 'current-snapshot-id': 1 })),
      )
      await check(/snapshot 1 is dated 8640000000000001/)
      await store.delete(metadataLocation)
      await store.writeIfAbsent(metadataLocation, Buffer.from('{"format-version": 2, '))
      await check(/metadata.json is not JSON/)
      await fresh().iceberg.dropTable('a.lost', { purge: true })
      assert.deepEqual(await fresh().brokenTables(), [])
    })

    test('a hook may refuse a change of schema, whoever makes it, and nothing is written', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { store, warehouse } = world
      const seen: string[] = []
      const catalog = openCatalog({
        database,
        store,
        warehouse,
        onSchemaChange({ table, before, after }) {
          const names = [before, after].map(({ fields }) => fields.map(({ name }) => name).join())
          seen.push(`${table}: ${names.join(' -> ')}`)
          if (names[1]!.includes('bad'))
            throw new NacreError('NACRE_CONFLICT', `Feed of ${table} forbids it.`)
        },
      })
      await catalog.ensureTable(define('a.t', { columns: { x: 'int' } }))
      await catalog.ensureTable(define('a.t', { columns: { x: 'int', y: 'int' } }))
      const before = await filesIn(world)
      await assert.rejects(
        catalog.ensureTable(define('a.t', { columns: { x: 'int', bad: 'int' } })),
        /Feed of a.t forbids it/,
      )
      const bad = {
        type: 'struct',
        'schema-id': 0,
        fields: [{ id: 3, name: 'bad', required: false, type: 'int' }],
      } as const
      const updates = [
        { action: 'add-schema', schema: bad },
        { action: 'set-current-schema', 'schema-id': -1 },
      ] satisfies MetadataUpdate[]
      await assert.rejects(
        catalog.iceberg.commit([{ table: 'a.t', requirements: [], updates }]),
        /forbids it/,
      )
      const { metadata } = await catalog.iceberg.loadTable('a.t')
      const [current] = metadata.schemas.slice(-1)
      const changed = { ...metadata, schemas: [{ ...current, fields: bad.fields }] }
      const uri = `${metadata.location}/metadata/bad.metadata.json`
      await store.writeIfAbsent(uri, Buffer.from(stringifyLossless(changed)))
      await assert.rejects(catalog.iceberg.registerTable('a.t', uri, { overwrite: true }), /forbids it/)
      await store.delete(uri)
      assert.deepEqual(await filesIn(world), before)
      assert.deepEqual(seen, ['a.t: x -> x,y', 'a.t: x,y -> x,y,bad', 'a.t: x,y -> bad', 'a.t: x,y -> bad'])
    })

    test('former metadata files go where the table asks for it', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const { iceberg } = world.catalog
      await makeTable(world)
      const set = (updates: Record<string, string>) =>
        iceberg.commit([{ table: 'a.t', requirements: [], updates: [{ action: 'set-properties', updates }] }])
      const count = async () => (await filesIn(world)).filter((uri) => uri.endsWith('.metadata.json')).length
      for (const k of ['1', '2', '3']) await set({ k })
      assert.equal(await count(), 4)
      await set({
        'write.metadata.delete-after-commit.enabled': 'true',
        'write.metadata.previous-versions-max': '2',
      })
      assert.equal(await count(), 3)
      await set({ k: '4' })
      assert.equal(await count(), 3)
      assert.equal((await iceberg.loadTable('a.t')).metadata.properties['k'], '4')
    })

    test('an answer is remembered with the work it answers', async () => {
      await using database = await kind.open(migrations)
      const request = { key: 'k', sha256: 'one' }
      const reply = { status: 200, body: '{}' }
      const remember = (forMs = 100, nowMs = 1000) =>
        database.transaction((transaction) => rememberReply(transaction, request, reply, { nowMs, forMs }))
      assert.equal(await replyOf(database, request, 1000), undefined)
      await remember()
      assert.deepEqual(await replyOf(database, request, 1099), reply)
      await assert.rejects(remember(), { code: 'NACRE_CONFLICT', message: /is done already/ })
      await assert.rejects(replyOf(database, { key: 'k', sha256: 'two' }, 1000), { code: 'NACRE_INPUT' })
      assert.equal(await replyOf(database, request, 1100), undefined, 'it expires')
      await remember(100, 1100)
      assert.deepEqual(await replyOf(database, request, 1150), reply)
    })

    test('a definition and an outside engine change the same table', async () => {
      await using database = await kind.open(migrations)
      await using world = tempCatalog(database)
      const table = define('events.reading', {
        columns: { id: 'long', country: 'string' },
        partitionBy: [identityOf('country')],
      })
      await world.catalog.ensureTable(table)
      await world.catalog.iceberg.commit([await append(world, table.name)])
      const { dataLocation } = await world.catalog.planWrite(table.name)
      const own = await fakeFile(world.store, dataLocation, fr)
      await world.catalog.commit([{ kind: 'append', table: table.name, files: [own] }])
      await world.catalog.iceberg.commit([await append(world, table.name)])
      assert.equal((await world.catalog.planScan(table.name)).files.length, 3)
    })
  })
}
