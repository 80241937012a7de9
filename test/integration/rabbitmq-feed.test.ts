import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subscribeRabbitmq, type Notification } from '../../src/publish/consume.ts'
import { publishMigrations, rabbitmq, webhook } from '../../src/publish/index.ts'
import { databases } from '../support/databases.ts'
import {
  commitSnapshot,
  eventually,
  feedOf,
  openTestPublisher,
  startReceiver,
} from '../support/feed-world.ts'
import { rabbitmqSkip, startRabbitmq } from '../support/rabbitmq-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index))

test(
  'every snapshot reaches the queue of a broker that is killed in the middle',
  { skip: rabbitmqSkip },
  async () => {
    await using folder = tempFolder()
    await using database = await databases[0]!.open(publishMigrations)
    await using broker = await startRabbitmq()
    const received: Notification[] = []
    const take = async (notification: Notification): Promise<void> => void received.push(notification)
    const subscription = { url: broker.url, queue: 'mail', feed: 'home.shelves' }
    {
      // Binds the queue; nobody consumes while the broker is killed.
      await using _consumer = await subscribeRabbitmq(subscription, take)
    }
    await using receiver = await startReceiver()
    const feeds = [feedOf([rabbitmq(), webhook({ url: receiver.url, secret: 's' })])]
    await using publisher = await openTestPublisher(database, folder.path, feeds, {
      amqpUrl: broker.url,
      timeoutMs: 2000,
    })

    for (const id of range(1, 10)) await commitSnapshot(database, feeds, id)
    const delivered = async (): Promise<number> => (await publisher.listFeeds())[0]!.routes[0]!.delivered
    await eventually(async () => (await delivered()) >= 4, 'some are delivered')
    await broker.kill()
    for (const id of range(11, 20)) await commitSnapshot(database, feeds, id)
    await eventually(
      () => receiver.requests.length >= 20,
      'the webhook heard of all while the broker was away',
    )
    await eventually(
      async () => (await publisher.listFeeds())[0]!.routes[0]!.failing !== null,
      'the failing broker is told of',
    )
    await broker.start()
    await eventually(async () => (await publisher.listFeeds())[0]!.pending === 0, 'all are confirmed')

    await using _consumer = await subscribeRabbitmq(subscription, take)
    await eventually(() => received.at(-1)?.data.snapshotId === '20', 'the last notification is consumed')
    const firsts = [...new Map(received.map(({ id, data }) => [id, data.snapshotId])).values()]
    assert.deepEqual(firsts, range(1, 20))
  },
)

test(
  'a handler that fails gets its notification again, a foreign message is dropped',
  { skip: rabbitmqSkip },
  async () => {
    await using folder = tempFolder()
    await using database = await databases[0]!.open(publishMigrations)
    await using broker = await startRabbitmq()
    const feeds = [feedOf([rabbitmq()])]
    const seen: string[] = []
    const errors: string[] = []
    await using _consumer = await subscribeRabbitmq(
      { url: broker.url, queue: 'mail', feed: 'home.*', onError: (error) => errors.push(error.message) },
      async ({ data }) => {
        seen.push(data.snapshotId)
        if (seen.length === 1) throw new Error('the mail server is away')
      },
    )
    const { Connection } = await import('rabbitmq-client')
    const stranger = new Connection(broker.url)
    const publisher = stranger.createPublisher({ confirm: true })
    await publisher.send({ exchange: 'nacre', routingKey: 'dataset.ready.home.other' }, 'hello')
    await publisher.close()
    await stranger.close()
    await using _publisher = await openTestPublisher(database, folder.path, feeds, { amqpUrl: broker.url })
    await commitSnapshot(database, feeds, '1')
    await commitSnapshot(database, feeds, '2')
    await eventually(() => seen.at(-1) === '2', 'both are processed')
    assert.deepEqual(seen, ['1', '1', '2'])
    assert.deepEqual(errors, [
      "Queue 'mail' held a message that is no notification; it was dropped.",
      'the mail server is away',
    ])
  },
)
