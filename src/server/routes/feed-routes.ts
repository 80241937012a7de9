import { createReadStream } from 'node:fs'
import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { NacreError } from '../../base/index.ts'
import type { Platform } from '../../platform/index.ts'
import type { HistoryStart, Notification, ReplayAnswer, ReplayRequest } from '../../publish/index.ts'
import { authenticate, authorize } from '../authenticate.ts'
import { authorizeTableEditor } from '../authorize-table-editor.ts'
import type { FeedDetail, FeedInfo } from '../contract.ts'

interface FeedParams {
  readonly table: string
}

interface StartQuery {
  readonly from?: string
  readonly after?: string
}

interface ReplayBody {
  readonly snapshotId?: string
  readonly since?: string
  readonly dead?: boolean
  readonly route?: string
}

/** Streams at once, over all feeds: each asks the state a question per publication. */
const streamLimit = 500
const keepAliveMs = 15_000

const start = {
  from: Type.Optional(Type.String({ pattern: '^(latest|beginning|\\d{1,19})$' })),
  after: Type.Optional(Type.String({ maxLength: 100 })),
}

export function feedRoutes(
  server: FastifyInstance,
  platform: Pick<Platform, 'tokens' | 'publisher' | 'log'> & {
    readonly tables: Pick<Platform['tables'], 'teamOf'>
  },
): void {
  const { tokens } = platform
  const params = Type.Object({ table: Type.String() })
  let streams = 0

  server.get('/feeds', async (request): Promise<readonly FeedInfo[]> => {
    await authorize(request, tokens, 'viewer')
    return platform.publisher().listFeeds()
  })

  server.get<{ Params: FeedParams }>(
    '/feeds/:table',
    { schema: { params } },
    async (request): Promise<FeedDetail> => {
      await authorize(request, tokens, 'viewer')
      return platform.publisher().feed(request.params.table)
    },
  )

  server.get<{ Params: FeedParams & { version: string } }>(
    '/feeds/:table/contract/:version',
    async (request): Promise<unknown> => {
      await authorize(request, tokens, 'viewer')
      const { table, version } = request.params
      return platform.publisher().contractSchema(table, version)
    },
  )

  server.get<{ Params: FeedParams; Querystring: StartQuery & { limit: number } }>(
    '/feeds/:table/notifications',
    {
      schema: {
        params,
        querystring: Type.Object({
          ...start,
          limit: Type.Integer({ default: 20, minimum: 1, maximum: 100 }),
        }),
      },
    },
    async (request): Promise<readonly Notification[]> => {
      await authorize(request, tokens, 'viewer')
      const { limit } = request.query
      return platform.publisher().notifications(request.params.table, startOf(request.query), limit)
    },
  )

  server.get<{ Querystring: StartQuery & { feed: string; reader: string } }>(
    '/feeds/events',
    {
      schema: {
        querystring: Type.Object({
          ...start,
          feed: Type.String(),
          reader: Type.String({ default: '', maxLength: 100 }),
        }),
      },
      // A stranger is not told what the query lacks.
      preValidation: async (request) => void (await authenticate(request, tokens)),
    },
    async (request, reply) => {
      const { name } = await authorize(request, tokens, 'viewer')
      if (streams >= streamLimit) {
        throw new NacreError(
          'NACRE_OVERLOADED',
          `${streamLimit} streams of feeds are open; try again later, or hear of them by webhook or RabbitMQ.`,
        )
      }
      const { feed, reader } = request.query
      const last = request.headers['last-event-id']
      const begin = startOf(typeof last === 'string' && last !== '' ? { after: last } : request.query)
      const gone = new AbortController()
      request.raw.once('close', () => gone.abort())
      const notifications = platform
        .publisher()
        .follow(feed, { start: begin, reader: reader === '' ? name : reader, signal: gone.signal })
        [Symbol.asyncIterator]()
      // An unknown feed or snapshot is told as any other error, before the stream begins.
      await platform.publisher().notifications(feed, begin, 1)
      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
      })
      raw.write(': open\n\n')
      // A client that does not read is closed rather than written to without end.
      const timer = setInterval(
        () => (raw.writableNeedDrain ? raw.destroy() : raw.write(': still here\n\n')),
        keepAliveMs,
      )
      streams++
      try {
        for (let next = await notifications.next(); !next.done; next = await notifications.next()) {
          const event = `id: ${next.value.id}\nevent: ${next.value.type}\ndata: ${JSON.stringify(next.value)}\n\n`
          if (!raw.write(event)) await once(raw, 'drain', { signal: gone.signal })
        }
      } catch (error) {
        // The client asks again from where it was, by Last-Event-ID.
        if (!gone.signal.aborted)
          platform.log.warn({ feed, error: String(error) }, 'a stream of a feed has ended')
      } finally {
        streams--
        clearInterval(timer)
        raw.end()
      }
    },
  )

  server.post<{ Params: FeedParams; Body: ReplayBody }>(
    '/feeds/:table/replay',
    {
      schema: {
        params,
        body: Type.Object({
          snapshotId: Type.Optional(Type.String({ pattern: '^\\d{1,19}$' })),
          since: Type.Optional(Type.String({ pattern: '^\\d{1,19}$' })),
          dead: Type.Optional(Type.Boolean()),
          route: Type.Optional(Type.String()),
        }),
      },
    },
    async (request): Promise<ReplayAnswer> => {
      const { table } = request.params
      await authorizeTableEditor(request, platform, table)
      return platform.publisher().replay(table, replayOf(request.body))
    },
  )

  server.get<{ Params: { table: string; snapshot: string; file: string } }>(
    '/feeds/:table/:snapshot/:file',
    async (request, reply) => {
      await authorize(request, tokens, 'viewer')
      const { table, snapshot, file } = request.params
      const path = await platform.publisher().exportedFile(table, snapshot, file)
      return reply
        .type(file.endsWith('.json') ? 'application/json' : 'application/avro')
        .send(createReadStream(path))
    },
  )
}

function startOf({ from, after }: StartQuery): HistoryStart {
  if (after !== undefined) return { afterId: after }
  if (from === undefined || from === 'latest' || from === 'beginning') return from ?? 'latest'
  return { snapshotId: from }
}

function replayOf({ snapshotId, since, dead, route }: ReplayBody): ReplayRequest {
  const asked = [snapshotId, since, dead === true ? true : undefined].filter((value) => value !== undefined)
  if (asked.length !== 1)
    throw new NacreError('NACRE_INPUT', "Say what to replay: one of 'snapshotId', 'since' and 'dead: true'.")
  if (snapshotId !== undefined) return { snapshotId, route }
  return since === undefined ? { dead: true, route } : { since, route }
}
