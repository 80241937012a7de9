/**
 * How long after a commit does a consumer of a small feed hear of it: a subscriber in the process, a webhook, a RabbitMQ queue?
 * As the platform does it: PGlite on disk, Parquet written by DuckDB, the outbox in the commit, the export as Avro files. The delay
 * runs from the end of the commit to the arrival; that of a feed without files shows what the export adds.
 */
import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../src/base/index.ts'
import { migrate, openDatabase } from '../src/database/index.ts'
import { openEngine } from '../src/engines/index.ts'
import { feedSchema } from '../src/platform/feed-rows.ts'
import { SharedFeedEngine } from '../src/platform/feed-engine.ts'
import { openFeedSource } from '../src/platform/open-feed-source.ts'
import { subscribeRabbitmq, type Notification } from '../src/publish/consume.ts'
import {
  enqueueNotifications,
  openPublisher,
  publishMigrations,
  rabbitmq,
  webhook,
  type FeedManifest,
} from '../src/publish/index.ts'
import { rawSql } from '../src/sql/index.ts'
import { fileUriOfPath, openFileStore } from '../src/storage/index.ts'
import { migrations, openCatalog } from '../src/tables/index.ts'
import { rabbitmqSkip, startRabbitmq } from '../test/support/rabbitmq-server.ts'

const rounds = Number(process.argv[2] ?? 60)
const folder = await mkdtemp(join(tmpdir(), 'nacre-bench-'))
const stack = new AsyncDisposableStack()
try {
  console.log(JSON.stringify(await measure(), null, 2))
} finally {
  await stack.disposeAsync()
  await rm(folder, { recursive: true, force: true })
}

async function measure(): Promise<object> {
  const arrivals = new Map<string, (route: string) => void>()
  const arrive = (route: string, { data }: Notification): void => arrivals.get(data.snapshotId)?.(route)
  const broker = rabbitmqSkip === false ? stack.use(await startRabbitmq()) : undefined
  const url = await startReceiver((notification) => arrive('webhook', notification))
  if (broker !== undefined) {
    stack.use(
      await subscribeRabbitmq({ url: broker.url, queue: 'bench', feed: 'bench.*' }, async (notification) =>
        arrive('rabbitmq', notification),
      ),
    )
  }
  const routes = [webhook({ url, secret: 's' }), ...(broker === undefined ? [] : [rabbitmq()])]
  const feedOf = (table: string, content: 'full' | 'none'): FeedManifest => ({
    table,
    routes,
    codec: 'deflate',
    doc: null,
    content,
  })
  const feeds = [feedOf('bench.files', 'full'), feedOf('bench.bare', 'none')]

  const warehouse = fileUriOfPath(join(folder, 'warehouse'))
  const database = stack.use(await openDatabase({ folder: join(folder, 'state') }))
  await migrate(database, [...migrations, ...publishMigrations])
  const catalog = openCatalog({
    database,
    store: openFileStore(warehouse),
    warehouse,
    onCommit: (transaction, committed) => enqueueNotifications(transaction, feeds, committed),
  })
  const feedEngine = stack.use(new SharedFeedEngine({ mounts: [] }))
  const publisher = stack.use(
    await openPublisher(
      {
        database,
        exportFolder: join(folder, 'feeds'),
        publicUrl: () => 'http://127.0.0.1:4600',
        feeds: () => feeds,
        openSource: async (table, snapshotId) =>
          openFeedSource(await catalog.planScan(table, { snapshotId }), feedEngine),
        schemaOf: (table, snapshotId) => feedSchema(catalog, table, snapshotId),
        amqpUrl: broker?.url,
      },
      { log: silentLog },
    ),
  )
  const engine = stack.use(await openEngine({ name: 'duckdb', threads: 1 }))
  const heard: Record<string, object> = {}
  for (const { table, content } of feeds) {
    await catalog.ensureTable({
      kind: 'table-ref',
      name: table,
      spec: { columns: { reader: 'string', book: 'long', minutes: 'double' } },
    })
    await publisher.subscribe('bench', table, async (notification) => arrive('subscriber', notification))
    const target = await catalog.planWrite(table)
    const delays: Record<string, number[]> = {}
    for (let round = 0; round < rounds + 5; round++) {
      const select = rawSql(
        `select 'reader-' || i as reader, i as book, i / 3 as minutes from range(1000) numbers(i)`,
      )
      const files = await engine.write(target, select)
      const [committed] = await catalog.commit([{ kind: 'replace', table, files }])
      const startedAt = performance.now()
      const waiting = new Set(['subscriber', 'webhook', ...(broker === undefined ? [] : ['rabbitmq'])])
      const { promise, resolve } = Promise.withResolvers<void>()
      arrivals.set(committed!.snapshotId, (route) => {
        // The first rounds load code and connect.
        if (round >= 5) (delays[route] ??= []).push(performance.now() - startedAt)
        waiting.delete(route)
        if (waiting.size === 0) resolve()
      })
      publisher.wake()
      await promise
    }
    heard[content === 'none' ? 'without files' : '1,000 rows as Avro'] = Object.fromEntries(
      Object.entries(delays).map(([route, all]) => [
        route,
        { p50: quantile(all, 0.5), p95: quantile(all, 0.95) },
      ]),
    )
  }
  return { unit: 'ms from commit to arrival', rounds, ...heard }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return Number(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1))
}

async function startReceiver(take: (notification: Notification) => void): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      take(JSON.parse(Buffer.concat(chunks).toString()) as Notification)
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`
}
