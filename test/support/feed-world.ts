import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { silentLog } from '../../src/base/index.ts'
import type { Database } from '../../src/database/index.ts'
import type { PartitionTuple } from '../../src/tables/index.ts'
import {
  enqueueNotifications,
  openPublisher,
  type FeedManifest,
  type Publisher,
  type PublisherOptions,
} from '../../src/publish/index.ts'
import { rowsSource } from '../../src/publish/export-source.ts'

export const shelfSchema = {
  type: 'record',
  name: 'shelves',
  fields: [
    { name: 'reader', type: 'string' },
    { name: 'book', type: 'long' },
    { name: 'score', type: ['null', 'double'] },
  ],
} as const

/** A feed with routes, of the table `home.shelves` unless another is named. */
export function feedOf(
  routes: FeedManifest['routes'],
  table = 'home.shelves',
  more: Partial<FeedManifest> = {},
): FeedManifest {
  return { table, routes, codec: 'deflate', doc: null, ...more }
}

/** Rows of snapshot n: n of them. */
export function shelfRows(snapshotId: string): readonly object[] {
  return Array.from({ length: Number(snapshotId) }, (_, index) => ({
    reader: `reader ${index % 7}`,
    book: index,
    score: index % 3 === 0 ? null : index / 2,
  }))
}

/** What the outbox hears of a commit. */
export async function commitSnapshot(
  database: Database,
  feeds: readonly FeedManifest[],
  snapshotId: string,
  table = 'home.shelves',
  partitions: readonly PartitionTuple[] = [],
): Promise<void> {
  await database.transaction((transaction) =>
    enqueueNotifications(transaction, feeds, [
      {
        table,
        tableUuid: `uuid-of-${table}`,
        snapshotId,
        sequenceNumber: Number(snapshotId),
        summary: { 'total-records': snapshotId },
        partitions,
        committedAt: '2026-01-05T00:00:00.000Z',
      },
    ]),
  )
}

/** A publisher over {@link shelfRows} that retries at once. */
export function openTestPublisher(
  database: Database,
  folder: string,
  feeds: readonly FeedManifest[],
  options: Partial<PublisherOptions> = {},
): Promise<Publisher> {
  return openPublisher(
    {
      database,
      exportFolder: join(folder, 'feeds'),
      publicUrl: () => 'http://127.0.0.1:1',
      feeds: () => feeds,
      openSource: async (_table, snapshotId) =>
        rowsSource(async function* () {
          yield shelfRows(snapshotId)
        }),
      schemaOf: async () => shelfSchema,
      retry: { minMs: 1, maxMs: 20 },
      pollMs: 50,
      ...options,
    },
    { log: silentLog },
  )
}

/** A request that a {@link Receiver} got. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** An HTTP server that keeps what is posted to it. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
}

/** Starts a receiver that answers the status that `answer` gives, once it does; undefined never answers. */
export async function startReceiver(
  answer: (
    request: ReceivedRequest,
    index: number,
  ) => number | undefined | Promise<number | undefined> = () => 204,
): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const received = { headers: request.headers, body: await text(request) }
    requests.push(received)
    const status = await answer(received, requests.length - 1)
    if (status !== undefined) response.writeHead(status).end()
  }
  const server = createServer((request, response) => {
    // A sender that hung up gets no answer.
    receive(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/nacre`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Resolves once `condition` holds, and fails after a generous while with what it last said. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1500; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`In vain waited until ${what}`)
}
