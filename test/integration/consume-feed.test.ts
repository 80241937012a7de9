import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tokenMigrations } from '../../src/platform/tokens.ts'
import {
  consumeFeed,
  NacreError,
  subscribeRabbitmq,
  type ConsumeFeedOptions,
  type FeedDelivery,
} from '../../src/publish/consume.ts'
import { publishMigrations, rabbitmq, type FeedManifest, type Publisher } from '../../src/publish/index.ts'
import type { Database } from '../../src/database/index.ts'
import { databases } from '../support/databases.ts'
import { makeToken, startFeedServer, type FeedServer } from '../support/feed-server.ts'
import { commitSnapshot, eventually, feedOf, openTestPublisher, shelfRows } from '../support/feed-world.ts'
import { freePort } from '../support/postgres-server.ts'
import { rabbitmqSkip, startRabbitmq } from '../support/rabbitmq-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

const table = 'home.shelves'

interface World extends AsyncDisposable {
  readonly database: Database
  readonly folder: string
  readonly publisher: Publisher
  readonly options: ConsumeFeedOptions
  commit(...ids: string[]): Promise<void>
  /** Stops the server, as a restart does, until `start`. */
  stop(): Promise<void>
  start(): Promise<void>
}

async function openWorld(
  feed: FeedManifest = feedOf([]),
  options: Parameters<typeof openTestPublisher>[3] = {},
): Promise<World> {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(tempFolder())
  const database = opening.use(await databases[0]!.open([...publishMigrations, ...tokenMigrations]))
  const port = await freePort()
  const publisher = opening.use(
    await openTestPublisher(database, folder.path, [feed], { keepExports: 100, ...options }),
  )
  let server: FeedServer | undefined
  const start = async (): Promise<void> =>
    void (server = await startFeedServer(database, () => publisher, port))
  const stop = async (): Promise<void> => await server?.[Symbol.asyncDispose]()
  opening.defer(stop)
  await start()
  const token = await makeToken(database, 'viewer')
  const stack = opening.move()
  return {
    database,
    folder: folder.path,
    publisher,
    options: {
      url: `http://127.0.0.1:${port}`,
      token,
      feed: table,
      from: 'beginning',
      store: join(folder.path, 'consumer'),
    },
    async commit(...ids) {
      for (const id of ids) await commitSnapshot(database, [feed], id)
      publisher.wake()
    },
    start,
    stop,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** A service that counts rows, at work until it is disposed. */
function consume(
  options: ConsumeFeedOptions,
  handler: (delivery: FeedDelivery<object>) => Promise<void> = async () => undefined,
): AsyncDisposable & { readonly heard: string[]; readonly errors: string[]; readonly ended: Promise<void> } {
  const stop = new AbortController()
  const heard: string[] = []
  const errors: string[] = []
  const ended = consumeFeed<object>(
    { ...options, signal: stop.signal, onError: (error) => errors.push(error.message) },
    async (delivery) => {
      await handler(delivery)
      let rows = 0
      for await (const batch of delivery.batches) rows += batch.length
      const { snapshotId } = delivery.notification.data
      assert.equal(rows, shelfRows(snapshotId).length)
      heard.push(snapshotId)
    },
  )
  ended.catch(() => undefined) // asserted by who awaits it
  return {
    heard,
    errors,
    ended,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended.catch(() => undefined)
    },
  }
}

test('a service takes each publication once, in order, across restarts of its own and of the server', async () => {
  await using world = await openWorld()
  await world.commit('1', '2', '3')
  {
    await using service = consume(world.options)
    await eventually(() => service.heard.length === 3, 'history is taken')
    await world.commit('4')
    await eventually(() => service.heard.length === 4, 'news is taken')
    await world.stop()
    await world.commit('5', '6')
    await world.start()
    await eventually(() => service.heard.length === 6, 'it has connected again')
    assert.deepEqual(service.heard, ['1', '2', '3', '4', '5', '6'])
  }
  await world.commit('7', '8')
  await using again = consume(world.options)
  await eventually(() => again.heard.at(-1) === '8', 'it goes on where it stopped')
  assert.deepEqual(again.heard, ['7', '8'])
})

test('a service begins where it is told to, and keeps its position in callbacks', async () => {
  await using world = await openWorld()
  await world.commit('1', '2', '3')
  await eventually(
    async () => (await world.publisher.listFeeds())[0]!.latest?.snapshotId === '3',
    'all are published',
  )
  const { store: _, ...options } = world.options
  await using latest = consume({ ...options, from: 'latest' })
  const saved: string[] = []
  const store = {
    load: async () => undefined,
    save: async ({ snapshotId }: { snapshotId: string }) => void saved.push(snapshotId),
  }
  await using second = consume({ ...options, from: { snapshotId: '2' }, store, name: 'mail' })
  await eventually(() => latest.heard.length === 1 && saved.length === 2, 'both have begun')
  assert.deepEqual([latest.heard, second.heard, saved], [['3'], ['2', '3'], ['2', '3']])
  assert.deepEqual((await world.publisher.feed(table)).readers.map(({ name }) => name).toSorted(), [
    'mail',
    'viewer',
  ])
})

test('a handler that fails gets the same publication again before the next', async () => {
  await using world = await openWorld()
  await world.commit('1', '2')
  let calls = 0
  await using service = consume(world.options, async ({ notification }) => {
    if (notification.data.snapshotId === '1' && calls++ < 1) throw new Error('the mail server is away')
  })
  await eventually(() => service.heard.length === 2, 'both are taken')
  assert.deepEqual(service.heard, ['1', '2'])
  assert.deepEqual(service.errors, ['the mail server is away'])
})

test('a part that was damaged gives no row, and is taken once it is whole', async () => {
  await using world = await openWorld()
  await world.commit('40')
  await eventually(async () => (await world.publisher.listFeeds())[0]!.latest !== null, 'it is published')
  const path = await world.publisher.exportedFile(table, '40', 'part-00000.avro')
  const whole = await import('node:fs/promises').then(({ readFile }) => readFile(path))
  await writeFile(path, whole.subarray(0, whole.length - 9))
  await using service = consume(world.options)
  await eventually(() => service.errors.length > 0, 'it is told')
  assert.match(service.errors[0]!, new RegExp(`has ${whole.length - 9} bytes, not ${whole.length}`))
  const flipped = Buffer.from(whole)
  flipped[flipped.length - 20]! ^= 1
  await writeFile(path, flipped)
  await eventually(() => service.errors.some((message) => message.includes('SHA-256')), 'it is told')
  assert.deepEqual(service.heard, [])
  await writeFile(path, whole)
  await eventually(() => service.heard.length === 1, 'it is taken')
})

test('a replay is processed though its id is known, and once', async () => {
  await using world = await openWorld()
  await world.commit('1', '2')
  await using service = consume({ ...world.options })
  await eventually(() => service.heard.length === 2, 'both are taken')
  const { isKnown, positionAfter } = await import('../../src/publish/feed-position.ts')
  const [first, second] = await world.publisher.notifications(table, 'beginning', 10)
  const position = positionAfter(second!, positionAfter(first!, undefined))
  assert.ok(isKnown(first!, position) && isKnown(second!, position))
  const replayed = { ...first!, nacrereplay: 1 }
  assert.ok(!isKnown(replayed, position))
  const later = positionAfter(replayed, position)
  assert.ok(isKnown(replayed, later) && !isKnown({ ...first!, nacrereplay: 2 }, later))
  assert.equal(later.snapshotId, '2', 'a replay does not set the position back')
})

test('a service that is further takes what a rollback brings, and drops stale repetitions', async () => {
  await using world = await openWorld()
  await world.commit('2', '3')
  {
    await using service = consume(world.options)
    await eventually(() => service.heard.length === 2, 'history is taken')
    await world.commit('2') // published before
    await eventually(() => service.heard.length === 3, 'the way back is taken')
    await world.stop()
    await world.commit('1') // never published
    await world.start()
    await eventually(() => service.heard.length === 4, 'a way back behind a broken connection is taken')
    assert.deepEqual(service.heard, ['2', '3', '2', '1'])
  }
  await world.commit('4', '2')
  await using again = consume(world.options)
  await eventually(() => again.heard.length === 2, 'it goes on')
  assert.deepEqual(again.heard, ['4', '2'])
})

test('what trying again does not cure ends it with the reason', async () => {
  await using world = await openWorld()
  const { options } = world
  await using unknown = consume({ ...options, feed: 'home.nothing' })
  await assert.rejects(unknown.ended, { code: 'NACRE_NOT_FOUND', message: /home\.shelves/ })
  await using stranger = consume({ ...options, token: 'wrong' })
  await assert.rejects(stranger.ended, { code: 'NACRE_NOT_SIGNED_IN' })
  await using early = consume({ ...options, from: { snapshotId: '404' } })
  await assert.rejects(early.ended, { code: 'NACRE_NOT_FOUND', message: /404/ })
})

test('a full publication that was swept is passed over; nothing is read that newer ones replaced', async () => {
  await using world = await openWorld(feedOf([], table, { keep: 1 }))
  await world.commit('1')
  await using service = consume(world.options, async ({ notification }) => {
    // Meanwhile the next are published, and the first is swept.
    if (notification.data.snapshotId !== '1') return
    await world.commit('2', '3')
    await eventually(async () => {
      const { publications } = await world.publisher.feed(table)
      return publications.at(-1)!.state === 'removed' && publications[0]!.state === 'exported'
    }, 'the first is swept')
  })
  await eventually(() => service.heard.at(-1) === '3', 'the newest is taken')
  assert.ok(!service.heard.includes('1'))
  assert.deepEqual(service.errors, [])
})

test('partitions that build on what was missed are told as incomplete', async () => {
  const feed = feedOf([], table, { content: 'changed-partitions' })
  await using world = await openWorld(feed)
  const partitions = [{ day: '2026-01-05' }]
  for (const id of ['1', '2', '3']) await commitSnapshot(world.database, [feed], id, table, partitions)
  world.publisher.wake()
  const told: [string, boolean][] = []
  const note = async ({ notification, isIncomplete }: FeedDelivery<object>): Promise<void> =>
    void told.push([notification.data.snapshotId, isIncomplete])
  await using whole = consume(world.options, note)
  await eventually(() => whole.heard.length === 3, 'all are taken')
  assert.deepEqual(told.splice(0), [
    ['1', false],
    ['2', false],
    ['3', false],
  ])
  await using late = consume({ ...world.options, store: join(world.folder, 'late'), from: 'latest' }, note)
  await eventually(() => late.heard.length === 1, 'the last is taken')
  assert.deepEqual(told, [['3', true]])
})

test('a service that was away for longer than its files were kept takes up at the newest, told that rows are missing', async () => {
  const feed = feedOf([], table, { content: 'changed-partitions', keep: 1 })
  await using world = await openWorld(feed)
  const commit = async (id: string): Promise<void> => {
    await commitSnapshot(world.database, [feed], id, table, [{ day: '2026-01-05' }])
    world.publisher.wake()
    await eventually(async () => {
      const { publications } = await world.publisher.feed(table)
      return publications.filter(({ state }) => state === 'exported')[0]?.snapshotId === id
    }, `${id} is published`)
  }
  const told: [string, boolean][] = []
  const note = async ({ notification, isIncomplete }: FeedDelivery<object>): Promise<void> =>
    void told.push([notification.data.snapshotId, isIncomplete])
  await commit('1')
  {
    await using service = consume(world.options, note)
    await eventually(() => service.heard.length === 1, 'the first is taken')
  }
  for (const id of ['2', '3', '4']) await commit(id)
  await eventually(async () => {
    const { publications } = await world.publisher.feed(table)
    return publications.filter(({ state }) => state === 'removed').length === 3
  }, 'all but the newest are swept')
  await using again = consume(world.options, note)
  await eventually(() => again.heard.length === 1, 'the newest is taken')
  assert.deepEqual(again.heard, ['4'])
  assert.deepEqual(
    [told[0], told.at(-1)],
    [
      ['1', false],
      ['4', true],
    ],
  )
  await commit('5')
  await eventually(() => again.heard.length === 2, 'it goes on')
  assert.deepEqual(told.at(-1), ['5', false])
})

test("a handler's own failure is never taken for one of the feed: the publication comes again", async () => {
  await using world = await openWorld()
  const failures = (['NACRE_NOT_FOUND', 'NACRE_NOT_ALLOWED', 'NACRE_INPUT'] as const).map(
    (code) => new NacreError(code, `${code} elsewhere`),
  )
  const left = [...failures]
  await using service = consume(world.options, async () => {
    const failure = left.shift()
    if (failure !== undefined) throw failure
  })
  await world.commit('1')
  await eventually(() => service.heard.length === 1, 'it is taken in the end')
  assert.deepEqual(service.heard, ['1'])
  assert.deepEqual(
    service.errors,
    failures.map(({ message }) => message),
  )
})

test('a queue gives what comes, and Nacre what was before it', { skip: rabbitmqSkip }, async () => {
  await using broker = await startRabbitmq()
  await using world = await openWorld(feedOf([rabbitmq()]), { amqpUrl: broker.url, timeoutMs: 2000 })
  const options = { ...world.options, via: { amqpUrl: broker.url, queue: 'mail' } }
  {
    // No queue is bound yet: the notification comes back, is told of, and waits.
    await world.commit('1', '2')
    const route = async () => (await world.publisher.listFeeds())[0]!.routes[0]!
    await eventually(async () => (await route()).failing !== null, 'it came back')
    assert.match((await route()).failing!, /No queue takes it.*dataset\.ready\.home\.shelves/)
    await using service = consume(options)
    await eventually(() => service.heard.length === 2, 'history is taken')
    await eventually(async () => (await route()).waiting === 0, 'the queue has taken all')
    await world.commit('3')
    await eventually(() => service.heard.length === 3, 'news is taken')
    assert.deepEqual(service.heard, ['1', '2', '3'])
  }
  await world.commit('4')
  await using again = consume(options, async () => undefined)
  await eventually(() => again.heard.length === 1, 'it goes on')
  await world.publisher.replay(table, { snapshotId: '2' })
  await eventually(() => again.heard.length === 2, 'the replay is taken')
  assert.deepEqual(again.heard, ['4', '2'])
  await using stranger = await subscribeRabbitmq(
    { url: broker.url, queue: 'audit', feed: 'home.*' },
    async () => Promise.reject(new NacreError('NACRE_INTERNAL', 'unused')),
  )
  assert.ok(stranger)
})
