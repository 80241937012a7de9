import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { suite, test } from 'node:test'
import { openDatabase, migrate } from '../../src/database/index.ts'
import { subscribeRabbitmq, type Notification } from '../../src/publish/consume.ts'
import { publishMigrations, rabbitmq, webhook } from '../../src/publish/index.ts'
import { databases } from '../support/databases.ts'
import { startFaultyProxy, type NetworkFault } from '../support/faulty-proxy.ts'
import {
  commitSnapshot,
  eventually,
  feedOf,
  openTestPublisher,
  startReceiver,
} from '../support/feed-world.ts'
import { postgresBinFolder, startPostgres } from '../support/postgres-server.ts'
import { rabbitmqSkip, startRabbitmq } from '../support/rabbitmq-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

const tables = ['home.shelves', 'home.progress']

/** Every committed snapshot arrived, none was invented, and each feed's first arrivals are in order. */
function assertAllArrived(received: readonly Notification[], committed: ReadonlyMap<string, number>): void {
  for (const [table, last] of committed) {
    const ids = received.filter(({ data }) => data.table === table).map(({ data }) => data.snapshotId)
    const all = Array.from({ length: last }, (_, index) => String(index + 1))
    assert.deepEqual([...new Set(ids)], all, `${table}: all, in order`)
  }
  assert.equal(
    new Set(received.map(({ id }) => id)).size,
    [...committed.values()].reduce((sum, last) => sum + last, 0),
  )
}

suite('a network that fails between publisher and broker', { skip: rabbitmqSkip }, () => {
  test('cut, stalled, losing bytes, the broker killed: all arrives, in the order of each feed', async () => {
    await using folder = tempFolder()
    await using database = await databases[0]!.open(publishMigrations)
    await using broker = await startRabbitmq()
    await using proxy = await startFaultyProxy(Number(new URL(broker.url).port))
    const received: Notification[] = []
    await using _consumer = await subscribeRabbitmq(
      { url: broker.url, queue: 'mail', feed: 'home.*' },
      async (notification) => void received.push(notification),
    )
    const url = new URL(broker.url)
    url.port = String(proxy.port)
    const feeds = tables.map((table) => feedOf([rabbitmq()], table))
    await using publisher = await openTestPublisher(database, folder.path, feeds, {
      amqpUrl: url.href,
      timeoutMs: 1000,
    })
    const committed = new Map<string, number>()
    const commitSome = async (count: number): Promise<void> => {
      for (let step = 0; step < count; step++) {
        for (const table of tables) {
          const id = (committed.get(table) ?? 0) + 1
          await commitSnapshot(database, feeds, String(id), table)
          committed.set(table, id)
        }
        publisher.wake()
      }
    }
    const arrived = (): number => new Set(received.map(({ id }) => id)).size
    const total = (): number => [...committed.values()].reduce((sum, last) => sum + last, 0)
    const faults: NetworkFault[] = ['cut', 'stall', 'drop', 'cut']
    for (const fault of faults) {
      await commitSome(4)
      const before = arrived()
      await eventually(() => arrived() > before || arrived() === total(), 'work is under way')
      proxy.fault = fault
      await commitSome(4)
      await eventually(
        async () => (await publisher.listFeeds()).some(({ routes }) => routes[0]!.failing !== null),
        `${fault} is told`,
      )
      proxy.fault = 'none'
    }
    await commitSome(4)
    await broker.kill()
    await commitSome(4)
    await broker.start()
    await commitSome(2)
    await eventually(() => arrived() === total(), 'all has arrived')
    await eventually(
      async () => (await publisher.listFeeds()).every(({ state }) => state === 'ready'),
      'all is confirmed',
    )
    assertAllArrived(received, committed)
  })
})

test('a webhook that answers errors, hangs and cuts hears all, in order', async () => {
  await using folder = tempFolder()
  await using database = await databases[0]!.open(publishMigrations)
  const received: Notification[] = []
  let requests = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const ways = ['500', 'hang', 'cut', 'half', '204', 'late'] as const
      const way = ways[requests++ % ways.length]!
      const take = (): void =>
        void received.push(JSON.parse(Buffer.concat(chunks).toString()) as Notification)
      if (way === '500') response.writeHead(500).end()
      else if (way === 'cut') request.socket.destroy()
      else if (way === 'half') {
        response.writeHead(200, { 'content-length': '100' }).write('x')
        request.socket.destroySoon()
      } else if (way === 'late') {
        // It was taken, but the answer is lost: it must come again.
        take()
        request.socket.destroy()
      } else if (way === '204') {
        take()
        response.writeHead(204).end()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const feeds = [feedOf([webhook({ url: `http://127.0.0.1:${port}/`, secret: 's' })])]
  try {
    await using publisher = await openTestPublisher(database, folder.path, feeds, { timeoutMs: 100 })
    for (let id = 1; id <= 8; id++) await commitSnapshot(database, feeds, String(id))
    publisher.wake()
    await eventually(async () => (await publisher.listFeeds())[0]!.state === 'ready', 'all is delivered')
    // A status arrives before a body that breaks off, so 'half' counts as taken by the sender; it is not kept here.
    const ids = [...new Set(received.map(({ data }) => Number(data.snapshotId)))]
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
      'first arrivals are in order',
    )
    assert.equal((await publisher.listFeeds())[0]!.routes[0]!.delivered, 8)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test(
  'three processes that commit and publish on one PostgreSQL, killed at random: all is told, in order',
  { skip: postgresBinFolder() === undefined ? 'PostgreSQL is not installed' : false },
  async () => {
    await using folder = tempFolder()
    await using server = await startPostgres()
    await using receiver = await startReceiver()
    await using database = await openDatabase({ url: server.url })
    await migrate(database, publishMigrations)
    const last = 40
    const start = (): ChildProcess =>
      spawn(
        process.execPath,
        [
          join(import.meta.dirname, '../support/commit-process.ts'),
          server.url,
          folder.path,
          receiver.url,
          String(last),
          ...tables,
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
    const processes = [start(), start(), start()]
    try {
      for (const index of [0, 1, 2, 0, 1]) {
        const child = processes[index]!
        // Killed in the middle of whatever follows some commits of its own.
        const lines = createInterface(child.stdout!)
        for await (const _line of lines) break
        child.kill('SIGKILL')
        await once(child, 'exit')
        processes[index] = start()
      }
      const notifications = (): Notification[] =>
        receiver.requests.map(({ body }) => JSON.parse(body) as Notification)
      const arrived = (): number => new Set(notifications().map(({ id }) => id)).size
      await eventually(() => arrived() === last * tables.length, 'all are told')
      assertAllArrived(notifications(), new Map(tables.map((table) => [table, last])))
    } finally {
      for (const child of processes) child.kill('SIGKILL')
      const alive = processes.filter((child) => child.exitCode === null && child.signalCode === null)
      await Promise.all(alive.map((child) => once(child, 'exit')))
    }
  },
)
