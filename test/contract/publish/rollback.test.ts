import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { suite, test } from 'node:test'
import { readFeed, verifySignature } from '../../../src/publish/consume.ts'
import {
  enqueueCurrent,
  publishMigrations,
  webhook,
  withdrawPublications,
  type Notification,
} from '../../../src/publish/index.ts'
import { rowsSource } from '../../../src/publish/export-source.ts'
import { databases } from '../../support/databases.ts'
import {
  commitSnapshot,
  eventually,
  feedOf,
  openTestPublisher,
  shelfRows,
  startReceiver,
  type Receiver,
} from '../../support/feed-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const secret = 'a shared secret'
const table = 'home.shelves'
const uuid = `uuid-of-${table}`
const at = new Date('2026-01-05T00:00:00Z')

const notifications = ({ requests }: Receiver): readonly Notification[] =>
  requests.map(({ headers, body }) => verifySignature(body, String(headers['nacre-signature']), secret))
const snapshots = (list: readonly Notification[]): readonly string[] =>
  list.map(({ data }) => data.snapshotId)

for (const kind of databases) {
  suite(`steps back of feeds on ${kind.name}`, { skip: kind.skip }, () => {
    test('a table that is rolled back is announced on every route, in order, with files of its own', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      await using receiver = await startReceiver()
      const feeds = [feedOf([webhook({ url: receiver.url, secret })], table, { keep: 1 })]
      await using publisher = await openTestPublisher(database, folder.path, feeds)
      const copied: Notification[] = []
      await publisher.subscribe('copy', table, async (each) => void copied.push(each))
      // Back to one that was published, on to another, and back to one that never was.
      const states = ['2', '3', '4', '2', '2', '4', '1', '5']
      for (const id of states) await commitSnapshot(database, feeds, id)
      publisher.wake()
      const told = ['2', '3', '4', '2', '4', '1', '5']
      await eventually(
        () => receiver.requests.length >= told.length && copied.length >= told.length,
        'all are told',
      )
      const received = notifications(receiver)
      assert.deepEqual(snapshots(received), told)
      assert.deepEqual(snapshots(copied), told)
      assert.deepEqual(
        received.map(({ id }) => id.slice(uuid.length)),
        [':2', ':3', ':4', ':2-4', ':4-5', ':1-6', ':5'],
      )
      const numbers = received.map(({ data }) => data.publication!)
      assert.deepEqual(
        numbers,
        numbers.toSorted((one, other) => one - other),
      )
      const ids = async (afterId: string): Promise<readonly string[]> =>
        snapshots(await publisher.notifications(table, { afterId }, 100))
      assert.deepEqual(await ids(`${uuid}:2-4`), ['4', '1', '5'])
      assert.deepEqual(await ids(`${uuid}:2`), told.slice(1))
      assert.deepEqual(await ids(`${uuid}:3-2`), told.slice(2), 'any may be named by its number')

      await commitSnapshot(database, feeds, '3')
      publisher.wake()
      const left = (): Promise<string[]> => readdir(join(folder.path, 'feeds', table))
      await eventually(() => receiver.requests.length > told.length, 'the newest is told')
      await eventually(async () => (await left()).join() === '3-8', 'only the newest files are left')
      const newest = notifications(receiver).at(-1)!
      const path = await publisher.exportedFile(table, ...fileOf(newest))
      const fetch = async (): Promise<Response> =>
        new Response(Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>)
      assert.equal((await Array.fromAsync(readFeed(newest, { fetch }))).length, shelfRows('3').length)

      const current = { table, tableUuid: uuid, summary: {}, partitions: [], committedAt: at.toISOString() }
      for (const id of ['3', '5']) {
        const known = [{ ...current, snapshotId: id, sequenceNumber: Number(id) }]
        await database.transaction((transaction) => enqueueCurrent(transaction, feeds, known))
      }
      const [row] = await database.query<{ count: bigint }>('select count(*) as count from feed_snapshot')
      assert.equal(Number(row!.count), 8, 'a deployment announces nothing again')
    })

    test('changed partitions are whole after a step back, and then build on it', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      const feeds = [feedOf([], table, { content: 'changed-partitions' })]
      await using publisher = await openTestPublisher(database, folder.path, feeds)
      const heard: Notification['data'][] = []
      await publisher.subscribe('copy', table, async ({ data }) => void heard.push(data))
      const days = [{ day: '2026-01-05' }]
      for (const id of ['1', '2', '3', '2', '4', '5']) await commitSnapshot(database, feeds, id, table, days)
      publisher.wake()
      await eventually(() => heard.length === 6, 'all are heard')
      assert.deepEqual(
        heard.map(({ snapshotId, content, since }) => `${snapshotId} ${content} ${since}`),
        [
          '1 full null',
          '2 changed-partitions 1',
          '3 changed-partitions 2',
          '2 full null',
          '4 changed-partitions 2',
          '5 changed-partitions 4',
        ],
      )
    })

    test('what was erased is withdrawn: neither sent nor exported, and shown as what it is', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(publishMigrations)
      let isDown = true
      await using receiver = await startReceiver(() => (isDown ? 503 : 204))
      const feeds = [feedOf([webhook({ url: receiver.url, secret })])]
      const exportFolder = join(folder.path, 'feeds')
      const opened = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        openSource: async (_table, snapshotId) =>
          rowsSource(async function* () {
            if (snapshotId === '2') {
              opened.resolve()
              await gate.promise
            }
            yield shelfRows(snapshotId)
          }),
      })
      // One is told in vain, one is being exported, one waits.
      for (const id of ['1', '2', '3']) await commitSnapshot(database, feeds, id)
      publisher.wake()
      await eventually(() => receiver.requests.length > 1, 'a receiver is down')
      await opened.promise
      await commitSnapshot(database, feeds, '4')
      assert.ok((await withdrawPublications(table, ['4'], { database, exportFolder, at })) >= 1)
      gate.resolve()
      isDown = false
      await eventually(async () => (await publisher.listFeeds())[0]!.state === 'ready', 'all is calm')
      assert.deepEqual(new Set(snapshots(notifications(receiver))), new Set(['1', '4']))
      assert.deepEqual(await readdir(join(exportFolder, table)), ['4'])
      const { feed, publications } = await publisher.feed(table)
      assert.equal(feed.failing, null)
      assert.deepEqual(
        publications.map(({ snapshotId, state, error }) => [snapshotId, state, error]),
        [
          ['4', 'exported', null],
          ['3', 'withdrawn', null],
          ['2', 'withdrawn', null],
          ['1', 'withdrawn', null],
        ],
      )
      const [delivery] = publications.at(-1)!.deliveries
      assert.deepEqual([delivery!.state, delivery!.error], ['skipped', 'withdrawn: its rows were erased'])
      assert.deepEqual(snapshots(await publisher.notifications(table, { afterId: `${uuid}:1` }, 10)), ['4'])
      await assert.rejects(publisher.replay(table, { snapshotId: '1' }), { code: 'NACRE_NOT_FOUND' })
    })
  })
}

/** Publication and file, as the address of a notification's first part names them. */
function fileOf({ data }: Notification): [string, string] {
  const [publication, file] = new URL(data.parts[0]!.url).pathname.split('/').slice(-2)
  return [publication!, file!]
}
