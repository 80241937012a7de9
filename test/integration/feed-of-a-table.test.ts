import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { readAvro } from '../../src/avro/index.ts'
import { openEngine } from '../../src/engines/index.ts'
import { SharedFeedEngine } from '../../src/platform/feed-engine.ts'
import { openFeedSource } from '../../src/platform/open-feed-source.ts'
import { readFeed, type Notification } from '../../src/publish/consume.ts'
import { enqueueNotifications, publishMigrations } from '../../src/publish/index.ts'
import { rawSql, sql } from '../../src/sql/index.ts'
import { avroSchemaOf, identityOf, migrations } from '../../src/tables/index.ts'
import { databases } from '../support/databases.ts'
import { eventually, feedOf, openTestPublisher } from '../support/feed-world.ts'
import { define, tempCatalog } from '../support/temp-catalog.ts'
import { tempFolder } from '../support/temp-folder.ts'

const odd = define('test.odd', {
  columns: {
    id: { type: 'long', required: true },
    flag: 'boolean',
    small: 'int',
    ratio: 'float',
    exact: 'double',
    price: 'decimal(12,2)',
    day: 'date',
    at_local: 'timestamp',
    at: 'timestamptz',
    title: 'string',
    key: 'uuid',
    bytes: 'binary',
    tags: { list: 'string' },
    place: { struct: { chapter: 'int', offset: 'long' } },
    counts: { map: ['string', 'long'] },
  },
})

const rows = [
  {
    id: 9007199254740993n,
    flag: true,
    small: -5,
    ratio: 0.5,
    exact: 1 / 3,
    price: '-1234.50',
    day: '1899-12-31',
    at_local: '2026-01-05T10:11:12.131415',
    at: '2026-01-05T10:11:12.131415Z',
    title: 'Ωmega 📚',
    key: '0198b3a0-0000-7000-8000-000000000001',
    tags: ['a', null],
    place: { chapter: 3, offset: 77 },
    counts: { phone: 2, web: null },
  },
  { id: 2 },
]

test('a committed table arrives at a consumer with every type as it was', async () => {
  await using folder = tempFolder()
  await using database = await databases[0]!.open([...migrations, ...publishMigrations])
  const feeds = [feedOf([], odd.name)]
  await using world = tempCatalog(database, {
    onCommit: (transaction, committed) => enqueueNotifications(transaction, feeds, committed),
  })
  const { catalog } = world
  await using engine = await openEngine({ name: 'duckdb', threads: 1 })
  await catalog.ensureTable(odd)
  const target = await catalog.planWrite(odd.name)
  await engine.attachRows('given', target, rows)
  const select = sql`select * replace (case when id > 2 then '\\x00\\xFF'::blob end as bytes) from ${{ kind: 'table-ref', name: 'given' }}`
  await catalog.commit([{ kind: 'append', table: odd.name, files: await engine.write(target, select) }])

  const stored = async function* (snapshotId: string): AsyncGenerator<readonly object[]> {
    await engine.attach(await catalog.planScan(odd.name, { snapshotId }))
    yield* (await engine.query(sql`select * from ${odd}`)).batches
  }
  await using feedEngine = new SharedFeedEngine({ mounts: [] })
  await using publisher = await openTestPublisher(database, folder.path, feeds, {
    openSource: async (table, snapshotId) =>
      openFeedSource(await catalog.planScan(table, { snapshotId }), feedEngine),
    schemaOf: async (table, snapshotId) =>
      avroSchemaOf((await catalog.planScan(table, { snapshotId })).schema, table),
  })
  const received: Notification[] = []
  await publisher.subscribe('test', odd.name, async (notification) => void received.push(notification))
  await eventually(() => received.length === 1, 'the notification arrives')
  const [notification] = received
  const { snapshotId } = notification!.data
  const path = await publisher.exportedFile(odd.name, snapshotId, 'part-00000.avro')
  const fetch = async (): Promise<Response> =>
    new Response(Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>)
  const read = await Array.fromAsync(readFeed(notification!, { fetch }))
  const [full, empty] = read.toSorted((one, two) => Number(two['id']) - Number(one['id']))
  const [wanted] = await Array.fromAsync(stored(snapshotId))

  const plain = (value: object): unknown =>
    structuredClone(
      Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainValue(inner)])),
    )
  // Engines give every timestamp in UTC; Avro tells those without a zone apart.
  assert.deepEqual(plain(full!), plain({ ...wanted![0], at_local: '2026-01-05T10:11:12.131415' }))
  assert.deepEqual(
    Object.entries(empty!).filter(([, value]) => value !== null),
    [['id', 2]],
  )

  const python = process.env['NACRE_TEST_PYTHON']
  if (python === undefined) return
  const seen = JSON.parse(
    execFileSync(python, ['-c', fastavroScript, path], { encoding: 'utf8' }),
  ) as string[]
  assert.deepEqual(seen, [
    '9007199254740993',
    'Ωmega 📚',
    '-1234.50',
    '1899-12-31',
    '2026-01-05T10:11:12.131415',
    '2026-01-05T10:11:12.131415+00:00',
    "b'\\x00\\xff'",
    "['a', None]",
    "{'chapter': 3, 'offset': 77}",
    "{'phone': 2, 'web': None}",
    'test.odd',
  ])
})

const visits = define('test.visits', {
  columns: { day: 'date', visits: 'long' },
  partitionBy: [identityOf('day')],
})

test('a feed of changed partitions exports the rows of these alone', async () => {
  await using folder = tempFolder()
  await using database = await databases[0]!.open([...migrations, ...publishMigrations])
  const feeds = [feedOf([], visits.name, { content: 'changed-partitions' })]
  await using world = tempCatalog(database, {
    onCommit: (transaction, committed) => enqueueNotifications(transaction, feeds, committed),
  })
  const { catalog } = world
  await using engine = await openEngine({ name: 'duckdb', threads: 1 })
  await catalog.ensureTable(visits)
  const target = await catalog.planWrite(visits.name)
  await using feedEngine = new SharedFeedEngine({ mounts: [] })
  await using publisher = await openTestPublisher(database, folder.path, feeds, {
    openSource: async (table, snapshotId, partitions) =>
      openFeedSource(
        await catalog.planScan(table, { snapshotId, ...(partitions && { partitions }) }),
        feedEngine,
      ),
    schemaOf: async (table) => avroSchemaOf(target.schema, table),
  })
  const received: Notification[] = []
  await publisher.subscribe('test', visits.name, async (notification) => void received.push(notification))
  const append = async (select: string): Promise<unknown[]> => {
    const files = await engine.write(target, rawSql(select))
    return published(() => catalog.commit([{ kind: 'append', table: visits.name, files }]))
  }
  const published = async (change: () => Promise<unknown>): Promise<unknown[]> => {
    const before = received.length
    await change()
    publisher.wake()
    await eventually(() => received.length > before, 'the notification arrives')
    const { parts } = received.at(-1)!.data
    const rows: unknown[] = []
    for (const { name } of parts) {
      const path = await publisher.exportedFile(visits.name, publicationOf(received.at(-1)!), name)
      for await (const batch of readAvro(createReadStream(path)))
        rows.push(...batch.map((row) => ({ ...row })))
    }
    return rows
  }
  const [first, second] = ['2026-01-05', '2026-01-06']
  assert.deepEqual(await append(`select unnest([date '${first}', date '${second}']) as day, 1 as visits`), [
    { day: first, visits: 1 },
    { day: second, visits: 1 },
  ])
  const changed = await append(`select date '${second}' as day, 2 as visits`)
  assert.deepEqual(
    changed.toSorted((one, two) => (one as { visits: number }).visits - (two as { visits: number }).visits),
    [
      { day: second, visits: 1 },
      { day: second, visits: 2 },
    ],
  )
  const { snapshotId } = received[0]!.data
  const before = await published(() => catalog.refs.rollback(visits.name, { snapshotId }))
  assert.deepEqual(before, [
    { day: first, visits: 1 },
    { day: second, visits: 1 },
  ])
  assert.deepEqual(received.at(-1)!.data.content, 'full')
  assert.equal((await append(`select date '${first}' as day, 3 as visits`)).length, 2)
  const { content, since } = received.at(-1)!.data
  assert.deepEqual([content, since], ['changed-partitions', snapshotId])
})

/** A publication's name, as its message id ends with. */
function publicationOf({ id, data }: Notification): string {
  return id.slice(data.tableUuid.length + 1)
}

/** Bytes as hex and avsc's records as plain objects. */
function plainValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : value
}

const fastavroScript = `
import fastavro, json, sys
reader = fastavro.reader(open(sys.argv[1], 'rb'))
row = [row for row in reader if row['id'] != 2][0]
print(json.dumps([
  str(row['id']), row['title'], str(row['price']), row['day'].isoformat(), row['at_local'].replace(tzinfo=None).isoformat(),
  row['at'].isoformat(), str(row['bytes']), str(row['tags']), str(row['place']), str(row['counts']), reader.metadata['nacre.table'],
]))
`
