import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { NacreError } from '../../../src/base/index.ts'
import { rowsSource } from '../../../src/publish/export-source.ts'
import { verifySignature } from '../../../src/publish/consume.ts'
import {
  checkFeedContract,
  publishMigrations,
  webhook,
  type FeedManifest,
  type Notification,
  type Publisher,
} from '../../../src/publish/index.ts'
import { avroSchemaOf, type Field, type IcebergType, type Schema } from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import {
  commitSnapshot,
  eventually,
  feedOf,
  openTestPublisher,
  startReceiver,
} from '../../support/feed-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const table = 'home.shelves'
const secret = 'a secret'

const field = (id: number, name: string, type: IcebergType): Field => ({ id, name, type, required: false })
const schemaOf = (...fields: Field[]): Schema => ({ type: 'struct', 'schema-id': 0, fields })
const first = [field(1, 'reader', 'string'), field(2, 'book', 'long'), field(3, 'score', 'double')]
const more = [...first, field(4, 'reason', 'string')]
const fewer = [first[0]!, first[1]!]

const bodies = ({ requests }: { requests: readonly { body: string }[] }): Notification[] =>
  requests.map(({ body }) => JSON.parse(body) as Notification)
const snapshotsOf = (receiver: { requests: readonly { body: string }[] }): string[] =>
  bodies(receiver).map(({ data }) => data.snapshotId)
const settled = (publisher: Publisher, snapshotId: string): Promise<void> =>
  eventually(async () => {
    const [status] = await publisher.listFeeds()
    return status!.latest?.snapshotId === snapshotId && status!.pending === 0
  }, `snapshot ${snapshotId} is told`)

for (const kind of databases) {
  suite(`feeds on ${kind.name}`, { skip: kind.skip }, () => {
    test('a contract grows by columns, refuses to lose one, and is broken only by a new major version', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      let schema = first
      let feed: FeedManifest = feedOf([])
      const feeds = (): FeedManifest[] => [feed]
      await using publisher = await openTestPublisher(database, folder.path, [], {
        feeds,
        schemaOf: async () => avroSchemaOf(schemaOf(...schema), table),
        openSource: () => rowsSource(async function* () {}),
      })
      const publish = async (id: string): Promise<void> => {
        await commitSnapshot(database, feeds(), id)
        publisher.wake()
      }
      const versions = async (): Promise<string[]> =>
        (await publisher.feed(table)).contract.versions.map(({ version }) => version)
      await checkFeedContract(database, feeds(), { table, after: schemaOf(...fewer) }) // nothing was promised yet
      await publish('1')
      await settled(publisher, '1')
      schema = more
      await checkFeedContract(database, feeds(), { table, after: schemaOf(...more) })
      await publish('2')
      await settled(publisher, '2')
      assert.deepEqual(await versions(), ['1.1', '1.0'])
      assert.deepEqual((await publisher.feed(table)).contract.versions[0]!.changes, [
        'reason was added, null in files so far',
      ])

      const refused = {
        code: 'NACRE_CONFLICT',
        message: /full compatibility \(contract 1\.1\)[^]*'reason' was dropped[^]*version: 2/,
      }
      await assert.rejects(
        checkFeedContract(database, feeds(), { table, after: schemaOf(...first) }),
        refused,
      )
      await checkFeedContract(database, feeds(), { table: 'home.other', after: schemaOf(...first) })
      // Where nobody asked before the commit, the publication stops.
      schema = first
      await publish('3')
      await eventually(async () => (await publisher.listFeeds())[0]!.failing !== null, 'it is refused')
      assert.match((await publisher.listFeeds())[0]!.failing!, /'reason' was dropped/)
      assert.equal((await publisher.listFeeds())[0]!.latest!.snapshotId, '2')

      feed = feedOf([], table, { contract: { compatibility: 'full', version: 2 } })
      await checkFeedContract(database, feeds(), { table, after: schemaOf(...first) })
      await settled(publisher, '3')
      assert.deepEqual(await versions(), ['2.0', '1.1', '1.0'])
      assert.deepEqual(await publisher.contractSchema(table, '1.0'), avroSchemaOf(schemaOf(...first), table))
      await assert.rejects(publisher.contractSchema(table, '7.0'), { code: 'NACRE_NOT_FOUND' })
    })

    test('a notification says what is where, at the address of its time', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      await using receiver = await startReceiver((_, index) => (index === 0 ? 500 : 204))
      const feeds = [feedOf([webhook({ url: receiver.url, secret: [secret, 'the next'] })])]
      let calls = 0
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        publicUrl: () => (calls++ === 0 ? 'http://old.example' : 'https://data.example'),
      })
      await commitSnapshot(database, feeds, '5')
      publisher.wake()
      await settled(publisher, '5')
      const { body, headers } = receiver.requests[1]!
      const notification = verifySignature(body, String(headers['nacre-signature']), 'the next')
      const { parts, schemaFingerprint, ...data } = notification.data
      const root = `https://data.example/api/v1/feeds/${table}`
      assert.deepEqual(data, {
        table,
        tableUuid: `uuid-of-${table}`,
        snapshotId: '5',
        sequenceNumber: 5,
        publication: 1,
        committedAt: '2026-01-05T00:00:00.000Z',
        schemaVersion: '1.0',
        schemaUrl: `${root}/contract/1.0`,
        content: 'full',
        since: null,
        partitions: null,
        codec: 'deflate',
        rows: 5,
        sizeBytes: parts[0]!.sizeBytes,
        manifestUrl: `${root}/5/manifest.json`,
        catalog: { uri: 'https://data.example/iceberg', table, snapshotId: '5' },
      })
      assert.match(schemaFingerprint, /^[0-9a-f]{64}$/)
      assert.deepEqual(
        parts.map(({ name, url, rows }) => [name, url, rows]),
        [['part-00000.avro', `${root}/5/part-00000.avro`, 5]],
      )
      assert.equal(bodies(receiver)[0]!.source, 'http://old.example')
    })

    test('changed partitions are published alone while nothing lies between, else the whole', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      const asked: unknown[] = []
      const feeds = [feedOf([], table, { content: 'changed-partitions' })]
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        openSource(_table, snapshotId, partitions) {
          asked.push([snapshotId, partitions])
          return rowsSource(async function* () {})
        },
      })
      const heard: Notification['data'][] = []
      await publisher.subscribe('copy', table, async ({ data }) => void heard.push(data))
      const days = [{ day: '2026-01-05' }]
      // Of 4 nothing is known, 6 has no fields to tell partitions by, 9 does not follow 6.
      const commits = { 1: days, 2: days, 3: days, 4: [], 5: days, 6: [{}], 9: days }
      for (const [id, partitions] of Object.entries(commits))
        await commitSnapshot(database, feeds, id, table, partitions)
      publisher.wake()
      await eventually(() => heard.at(-1)?.snapshotId === '9', 'all are heard')
      const found = heard.map(({ snapshotId, content, since }) => `${snapshotId} ${content} ${since}`)
      assert.deepEqual(found, [
        '1 full null',
        '2 changed-partitions 1',
        '3 changed-partitions 2',
        '4 full null',
        '5 changed-partitions 4',
        '6 full null',
        '9 full null',
      ])
      assert.deepEqual(heard[1]!.partitions, days)
      assert.deepEqual(asked.slice(0, 2), [
        ['1', undefined],
        ['2', days],
      ])
    })

    test('a publication of all rows tells which partitions changed, where that is known', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      const feeds = [feedOf([])]
      const asked: unknown[] = []
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        openSource(_table, snapshotId, partitions) {
          asked.push([snapshotId, partitions])
          return rowsSource(async function* () {})
        },
      })
      const days = [{ day: '2026-01-05' }, { day: null }]
      for (const id of ['1', '2']) await commitSnapshot(database, feeds, id, table, days)
      publisher.wake()
      await settled(publisher, '2')
      const told = await publisher.notifications(table, 'beginning', 10)
      assert.deepEqual(
        told.map(({ data: { content, since, partitions } }) => [content, since, partitions]),
        [
          ['full', null, null],
          ['full', '1', days],
        ],
      )
      assert.deepEqual(asked, [
        ['1', undefined],
        ['2', undefined],
      ])
    })

    test('a feed without files tells of the snapshot alone', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      const feeds = [feedOf([], table, { content: 'none' })]
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        openSource: () => assert.fail('nothing is read'),
      })
      await commitSnapshot(database, feeds, '7')
      publisher.wake()
      await settled(publisher, '7')
      const [{ data } = assert.fail()] = await publisher.notifications(table, 'latest', 1)
      assert.deepEqual([data.rows, data.parts, data.manifestUrl, data.content], [7, [], null, 'none'])
    })

    test('a poison notification becomes a dead letter, the next go on, and it can be replayed', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      let isCured = false
      await using receiver = await startReceiver(({ body }) =>
        !isCured && (JSON.parse(body) as Notification).data.snapshotId === '2' ? 500 : 204,
      )
      const feeds = [feedOf([webhook({ url: receiver.url, secret })])]
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        giveUp: { attempts: 3, ageMs: 3_600_000 },
      })
      for (const id of ['1', '2', '3']) await commitSnapshot(database, feeds, id)
      publisher.wake()
      await settled(publisher, '3')
      assert.deepEqual(snapshotsOf(receiver), ['1', '2', '2', '2', '3'])
      const dead = async (): Promise<number> => (await publisher.listFeeds())[0]!.routes[0]!.dead
      assert.equal(await dead(), 1)
      assert.equal((await publisher.listFeeds())[0]!.state, 'failing')
      const detail = await publisher.feed(table)
      const letter = detail.publications.find(({ snapshotId }) => snapshotId === '2')!.deliveries[0]!
      assert.deepEqual([letter.state, letter.attempts], ['dead', 3])
      assert.match(letter.error!, /500/)

      isCured = true
      const answer = await publisher.replay(table, { dead: true })
      assert.deepEqual(answer, { snapshots: ['2'], routes: [`webhook ${receiver.url}`], exportedAgain: [] })
      await eventually(async () => (await publisher.listFeeds())[0]!.state === 'ready', 'it has arrived')
      assert.equal(await dead(), 0)
      const last = bodies(receiver).at(-1)!
      assert.deepEqual([last.data.snapshotId, last.nacrereplay], ['2', 1])
      assert.deepEqual((await publisher.replay(table, { dead: true })).snapshots, [])
    })

    test('a replay sends again what is asked for, and exports anew what was swept', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      await using one = await startReceiver()
      await using two = await startReceiver()
      const feeds = [
        feedOf([webhook({ url: one.url, secret }), webhook({ url: two.url, secret })], table, { keep: 1 }),
      ]
      const expired = new Set<string>()
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        async schemaOf(_table, snapshotId) {
          if (expired.has(snapshotId))
            throw new NacreError('NACRE_NOT_FOUND', `Snapshot ${snapshotId} has expired.`)
          return avroSchemaOf(schemaOf(...first), table)
        },
      })
      for (const id of ['1', '2', '3']) await commitSnapshot(database, feeds, id)
      publisher.wake()
      await settled(publisher, '3')
      const left = (): Promise<string[]> => readdir(join(folder.path, 'feeds', table))
      await eventually(async () => (await left()).join() === '3', 'two exports are swept')
      const before = one.requests.map(({ body }) => body)

      const route = `webhook ${two.url}`
      assert.deepEqual(await publisher.replay(table, { since: '2', route }), {
        snapshots: ['2', '3'],
        routes: [route],
        exportedAgain: ['2'],
      })
      await eventually(() => two.requests.length === 5, 'two are sent again')
      assert.deepEqual(snapshotsOf(two).slice(3).toSorted(), ['2', '3'])
      assert.equal(one.requests.length, before.length, 'the other route hears nothing')
      const again = bodies(two).find(({ data, nacrereplay }) => data.snapshotId === '2' && nacrereplay === 1)!
      const original = bodies(two).find(({ data }) => data.snapshotId === '2')!
      assert.deepEqual(again.data, original.data, 'the same snapshot gives the same files')

      expired.add('1')
      await assert.rejects(publisher.replay(table, { snapshotId: '1' }), {
        code: 'NACRE_NOT_FOUND',
        message: /expired/,
      })
      await assert.rejects(publisher.replay(table, { snapshotId: '99' }), {
        code: 'NACRE_NOT_FOUND',
        message: /has not published/,
      })
      await assert.rejects(publisher.replay(table, { snapshotId: '3', route: 'pigeon' }), {
        code: 'NACRE_INPUT',
        message: /pigeon/,
      })
      await assert.rejects(publisher.replay('home.other', { snapshotId: '3' }), {
        code: 'NACRE_NOT_FOUND',
        message: /home\.shelves/,
      })
    })

    for (const status of [204, 410]) {
      test(`a replay while its notification is being sent (and answered ${status}) is not forgotten`, async () => {
        await using folder = tempFolder()
        await using database = await kind.open(publishMigrations)
        let publisher: Publisher | undefined
        await using receiver = await startReceiver(async (_, index) => {
          if (index === 0) await publisher!.replay(table, { snapshotId: '1' })
          return index === 0 ? status : 204
        })
        const feeds = [feedOf([webhook({ url: receiver.url, secret })])]
        const giveUp = { attempts: 1, ageMs: 3_600_000 }
        await using opened = await openTestPublisher(database, folder.path, feeds, { giveUp })
        publisher = opened
        await commitSnapshot(database, feeds, '1')
        publisher.wake()
        await eventually(() => receiver.requests.length === 2, 'it is sent again')
        assert.deepEqual(
          bodies(receiver).map(({ nacrereplay }) => nacrereplay),
          [undefined, 1],
        )
        await eventually(async () => (await opened.listFeeds())[0]!.state === 'ready', 'it has arrived')
      })
    }

    test('a replay in the middle of a sweep is not forgotten', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      await using receiver = await startReceiver()
      const feeds = [feedOf([webhook({ url: receiver.url, secret })], table, { keep: 1 })]
      await using publisher = await openTestPublisher(database, folder.path, feeds)
      for (const id of ['1', '2', '3', '4']) await commitSnapshot(database, feeds, id)
      publisher.wake()
      await eventually(() => snapshotsOf(receiver).includes('4'), 'all are told')
      const rounds = 12
      for (let round = 1; round <= rounds; round++) {
        // At once: the exports of the round before are being swept.
        await publisher.replay(table, { since: '1' })
        await eventually(
          () => bodies(receiver).filter(({ nacrereplay }) => nacrereplay === round).length >= 4,
          `round ${round} has arrived`,
        )
      }
      await eventually(async () => (await publisher.listFeeds())[0]!.pending === 0, 'nothing waits')
    })

    test('history is followed from any start, in order, and goes on with what comes', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      const feeds = [feedOf([])]
      await using publisher = await openTestPublisher(database, folder.path, feeds, { keepExports: 100 })
      for (const id of ['1', '2', '3']) await commitSnapshot(database, feeds, id)
      publisher.wake()
      await settled(publisher, '3')
      const ids = async (start: Parameters<Publisher['notifications']>[1]): Promise<string[]> =>
        (await publisher.notifications(table, start, 100)).map(({ data }) => data.snapshotId)
      assert.deepEqual(await ids('beginning'), ['1', '2', '3'])
      assert.deepEqual(await ids('latest'), ['3'])
      assert.deepEqual(await ids({ snapshotId: '2' }), ['2', '3'])
      assert.deepEqual(await ids({ afterId: `uuid-of-${table}:2` }), ['3'])
      assert.deepEqual(
        await ids({ afterId: 'another:2' }),
        ['1', '2', '3'],
        'an unknown id leaves nothing out',
      )
      await assert.rejects(ids({ snapshotId: '77' }), { code: 'NACRE_NOT_FOUND' })

      const stop = new AbortController()
      const heard: string[] = []
      const following = (async () => {
        const start = { snapshotId: '2' }
        for await (const { data } of publisher.follow(table, { start, reader: 'mail', signal: stop.signal }))
          heard.push(data.snapshotId)
      })()
      await eventually(() => heard.length === 2, 'history is told')
      assert.deepEqual((await publisher.feed(table)).readers, [{ name: 'mail', via: 'sse' }])
      await commitSnapshot(database, feeds, '4')
      publisher.wake()
      await eventually(() => heard.length === 3, 'news is told')
      stop.abort()
      await following
      assert.deepEqual(heard, ['2', '3', '4'])
      assert.deepEqual((await publisher.feed(table)).readers, [])
    })

    test(
      'publishers that share a database divide the work, and one inherits from another that ends',
      { skip: kind.name === 'pglite' },
      async () => {
        await using folder = tempFolder()
        await using database = await kind.open(publishMigrations)
        await using receiver = await startReceiver()
        const tables = ['home.a', 'home.b', 'home.c']
        const feeds = tables.map((name) => feedOf([webhook({ url: receiver.url, secret })], name))
        const open = (): Promise<Publisher> =>
          openTestPublisher(database, folder.path, feeds, { leaseMs: 2000, keepExports: 100 })
        await using one = await open()
        {
          await using two = await open()
          for (let id = 1; id <= 12; id++) {
            for (const name of tables) await commitSnapshot(database, feeds, String(id), name)
            one.wake()
            two.wake()
          }
          await eventually(() => receiver.requests.length >= 36, 'all are told')
          const holders = await database.query<{ holder: string }>('select distinct holder from feed_lane')
          assert.ok(holders.length >= 1)
        }
        // A process that died without a word: its leases run out.
        await database.query(`update feed_lane set holder = 'dead', held_until = now() + interval '1 second'`)
        await commitSnapshot(database, feeds, '13', 'home.a')
        one.wake()
        await eventually(() => snapshotsOf(receiver).includes('13'), 'the lane is inherited')
        for (const name of tables) {
          const told = bodies(receiver).filter(({ data }) => data.table === name)
          const order = told.map(({ data }) => data.sequenceNumber)
          assert.deepEqual(
            order,
            order.toSorted((a, b) => a - b),
            'the order of a feed holds',
          )
          assert.equal(order.length, new Set(order).size, 'nothing is told twice while nobody dies')
        }
      },
    )

    test(
      'lanes that another process has hold up none of the others',
      { skip: kind.name === 'pglite' },
      async () => {
        await using folder = tempFolder()
        await using database = await kind.open(publishMigrations)
        const feeds = ['home.a', 'home.b', 'home.c'].map((name) => feedOf([], name))
        for (const name of ['home.a', 'home.b']) {
          await database.query(
            `insert into feed_lane (lane, holder, held_until) values ($1, 'another', now() + interval '1 hour')`,
            [`export ${name}`],
          )
        }
        await using publisher = await openTestPublisher(database, folder.path, feeds)
        for (const feed of feeds) await commitSnapshot(database, [feed], '1', feed.table)
        publisher.wake()
        const states = async (): Promise<string[]> => (await publisher.listFeeds()).map(({ state }) => state)
        await eventually(async () => (await states())[2] === 'ready', 'the third is published')
        assert.deepEqual(await states(), ['sending', 'sending', 'ready'])
      },
    )

    test('exports that vanish from the disk are told as gone, and come back by a replay', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      const feeds = [feedOf([])]
      await using publisher = await openTestPublisher(database, folder.path, feeds)
      await commitSnapshot(database, feeds, '1')
      publisher.wake()
      await settled(publisher, '1')
      await rm(join(folder.path, 'feeds'), { recursive: true })
      await assert.rejects(publisher.exportedFile(table, '1', 'part-00000.avro'), { code: 'NACRE_NOT_FOUND' })
    })
  })
}
