import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { NacreError } from '../../../src/base/index.ts'
import { verifySignature } from '../../../src/publish/consume.ts'
import { publishMigrations, rabbitmq, webhook, type Notification } from '../../../src/publish/index.ts'
import { databases } from '../../support/databases.ts'
import { rowsSource } from '../../../src/publish/export-source.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import {
  commitSnapshot,
  eventually,
  feedOf,
  openTestPublisher,
  shelfRows,
  startReceiver,
} from '../../support/feed-world.ts'

const secret = 'a shared secret'
const table = 'home.shelves'
const snapshotOf = ({ body }: { body: string }): string => (JSON.parse(body) as Notification).data.snapshotId

for (const kind of databases) {
  suite(`publisher on ${kind.name}`, { skip: kind.skip }, () => {
    test('each snapshot is announced in order, on every route, with a signature', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      await using one = await startReceiver()
      await using two = await startReceiver()
      const feeds = [
        feedOf([webhook({ url: one.url, secret }), webhook({ url: two.url, secret: 'env:TWO' })]),
      ]
      for (const id of ['1', '2', '3']) await commitSnapshot(database, feeds, id)
      await commitSnapshot(database, feeds, '3')
      await commitSnapshot(database, feeds, '7', 'home.no_feed')
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        environment: { TWO: 'another secret' },
      })
      await eventually(
        async () => (await publisher.listFeeds())[0]!.routes.every(({ delivered }) => delivered === 3),
        'all is delivered',
      )
      assert.deepEqual(one.requests.map(snapshotOf), ['1', '2', '3'])
      assert.deepEqual(two.requests.map(snapshotOf), ['1', '2', '3'])
      const { headers, body } = one.requests[0]!
      assert.equal(headers['nacre-message-id'], 'uuid-of-home.shelves:1')
      assert.equal(headers['content-type'], 'application/cloudevents+json; charset=utf-8')
      const notification = verifySignature(body, String(headers['nacre-signature']), secret)
      assert.equal(notification.id, 'uuid-of-home.shelves:1')
      assert.equal(notification.data.rows, 1)
      verifySignature(
        two.requests[2]!.body,
        String(two.requests[2]!.headers['nacre-signature']),
        'another secret',
      )
      const [status] = await publisher.listFeeds()
      assert.equal(status!.pending, 0)
      assert.deepEqual([status!.latest?.snapshotId, status!.latest?.rows], ['3', 3])
    })

    test('a receiver that fails hears again, in order, and holds up no other route', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      await using good = await startReceiver()
      await using late = await startReceiver((_, index) => (index < 3 ? 503 : 204))
      await using poison = await startReceiver(() => 500)
      await using silent = await startReceiver(() => undefined)
      const routes = [poison, silent, late, good].map(({ url }) => webhook({ url, secret }))
      const feeds = [feedOf([...routes, webhook({ url: 'env:NOWHERE', secret })])]
      await using publisher = await openTestPublisher(database, folder.path, feeds, { timeoutMs: 500 })
      for (const id of ['1', '2', '3', '4', '5', '6']) await commitSnapshot(database, feeds, id)
      publisher.wake()
      await eventually(
        () => late.requests.length >= 9 && good.requests.length >= 6,
        'two receivers heard all',
      )
      assert.deepEqual(late.requests.map(snapshotOf), ['1', '1', '1', '1', '2', '3', '4', '5', '6'])
      assert.deepEqual(good.requests.map(snapshotOf), ['1', '2', '3', '4', '5', '6'])
      assert.ok(poison.requests.every((request) => snapshotOf(request) === '1'))
      await eventually(
        () => poison.requests.length >= 2 && silent.requests.length >= 2,
        'the others are tried again',
      )
      await eventually(
        async () => (await publisher.listFeeds())[0]!.routes.filter(({ failing }) => failing).length === 3,
        'three routes are told to fail',
      )
      const [status] = await publisher.listFeeds()
      assert.equal(status!.pending, 6)
      const failures = status!.routes.map(({ failing }) => failing ?? '')
      assert.match(failures[0]!, /500/)
      assert.match(failures[1]!, /timeout/)
      assert.match(failures[4]!, /NOWHERE is not set/)
      assert.deepEqual(
        (await readdir(join(folder.path, 'feeds', table))).toSorted(),
        ['1', '2', '3', '4', '5', '6'],
        'exports stay while somebody waits for them',
      )
    })

    test('the newest exports stay, older ones go once everybody has heard', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      await using receiver = await startReceiver()
      const feeds = [feedOf([webhook({ url: receiver.url, secret })])]
      await using publisher = await openTestPublisher(database, folder.path, feeds, { keepExports: 2 })
      for (const id of ['1', '2', '3', '4', '5']) await commitSnapshot(database, feeds, id)
      const left = (): Promise<string[]> => readdir(join(folder.path, 'feeds', table)).catch(() => [])
      await eventually(
        async () => receiver.requests.length === 5 && (await left()).toSorted().join() === '4,5',
        'two exports are left',
      )
      await publisher.exportedFile(table, '5', 'part-00000.avro')
      await assert.rejects(publisher.exportedFile(table, '1', 'part-00000.avro'), { code: 'NACRE_NOT_FOUND' })
    })

    test('a route without a broker, and one no longer declared, are skipped and told so', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      await using gone = await startReceiver(() => 500)
      let feeds = [feedOf([rabbitmq(), webhook({ url: gone.url, secret })])]
      await using publisher = await openTestPublisher(database, folder.path, [], { feeds: () => feeds })
      await commitSnapshot(database, feeds, '1')
      await eventually(() => gone.requests.length > 0, 'the webhook was tried')
      feeds = [feedOf([rabbitmq()])]
      await eventually(async () => (await publisher.listFeeds())[0]!.pending === 0, 'nothing waits')
      const [status] = await publisher.listFeeds()
      assert.deepEqual(
        status!.routes.map(({ skipped, failing }) => [skipped, failing]),
        [
          ['no broker is configured (NACRE_AMQP_URL)', null],
          ['the feed no longer declares this route', null],
        ],
      )
    })

    test('an export that fails is tried again; a snapshot that is gone is told of and passed over', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      await using receiver = await startReceiver()
      const feeds = [feedOf([webhook({ url: receiver.url, secret })])]
      for (const id of ['1', '2']) await commitSnapshot(database, feeds, id)
      let reads = 0
      const held: (string | null)[] = []
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        async hold(_table, snapshotId) {
          held.push(snapshotId)
        },
        async openSource(_table, snapshotId) {
          if (snapshotId === '2') throw new NacreError('NACRE_NOT_FOUND', 'Snapshot 2 has expired.')
          return rowsSource(async function* () {
            yield shelfRows(snapshotId)
            if (reads++ === 0) throw new Error('the disk is away')
          })
        },
      })
      const failing = async (): Promise<string | null> => (await publisher.listFeeds())[0]!.failing
      await eventually(async () => (await failing()) === 'Snapshot 2 has expired.', 'the loss is told')
      await commitSnapshot(database, feeds, '3')
      publisher.wake()
      await eventually(() => receiver.requests.length === 2, 'two snapshots are announced')
      assert.deepEqual(receiver.requests.map(snapshotOf), ['1', '3'])
      assert.equal(await failing(), null)
      assert.deepEqual((await readdir(join(folder.path, 'feeds', table))).toSorted(), ['1', '3'])
      assert.deepEqual(held, ['1', null], 'what fails is held until it is published')
    })

    test('a durable subscriber begins with the newest export and goes on where it stopped', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      const feeds = [feedOf([])]
      const heard: string[] = []
      const listen = async ({ data }: Notification): Promise<void> => {
        heard.push(data.snapshotId)
        if (heard.length === 1) throw new Error('not ready yet')
      }
      for (const id of ['1', '2']) await commitSnapshot(database, feeds, id)
      {
        await using publisher = await openTestPublisher(database, folder.path, feeds)
        await eventually(
          async () => (await publisher.listFeeds())[0]!.latest?.snapshotId === '2',
          'both snapshots are exported',
        )
        await publisher.subscribe('mail', table, listen)
        await assert.rejects(publisher.subscribe('mail', table, listen), { code: 'NACRE_CONFLICT' })
        await eventually(
          async () => (await publisher.listFeeds())[0]!.routes[0]?.delivered === 1,
          'the newest is delivered',
        )
      }
      assert.deepEqual(heard, ['2', '2'])
      await commitSnapshot(database, feeds, '3')
      await using publisher = await openTestPublisher(database, folder.path, feeds)
      await eventually(
        async () => (await publisher.listFeeds())[0]!.latest?.snapshotId === '3',
        'it is exported',
      )
      assert.equal((await publisher.listFeeds())[0]!.pending, 1)
      const subscription = await publisher.subscribe('mail', table, listen)
      await eventually(async () => (await publisher.listFeeds())[0]!.pending === 0, 'it has gone on')
      assert.deepEqual(heard, ['2', '2', '3'])
      await subscription.end()
      await commitSnapshot(database, feeds, '4')
      publisher.wake()
      await eventually(
        async () => (await publisher.listFeeds())[0]!.latest?.snapshotId === '4',
        'it is exported',
      )
      assert.equal((await publisher.listFeeds())[0]!.pending, 0)
    })
  })
}
