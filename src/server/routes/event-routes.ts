import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Platform } from '../../platform/index.ts'
import { authorize } from '../authenticate.ts'
import type { RecentEvent, RejectedEvents } from '../contract.ts'
import { openEventStream } from '../event-stream.ts'

export function eventRoutes(server: FastifyInstance, { tokens, events }: Platform): void {
  const querystring = Type.Object({ limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }) })

  server.get<{ Querystring: { limit: number } }>(
    '/events/recent',
    { schema: { querystring } },
    async (request): Promise<readonly RecentEvent[]> => {
      await authorize(request, tokens, 'viewer')
      return events.recent(request.query.limit)
    },
  )

  server.get('/events/live', async (request, reply) => {
    await authorize(request, tokens, 'viewer')
    const stream = openEventStream(request, reply)
    const stop = events.listen((event) => stream.send('event', event))
    stream.signal.addEventListener('abort', stop, { once: true })
  })

  server.get<{ Querystring: { limit: number } }>(
    '/events/rejected',
    { schema: { querystring } },
    async (request): Promise<RejectedEvents> => {
      await authorize(request, tokens, 'viewer')
      return events.rejected(request.query.limit)
    },
  )

  server.post('/events/replay', async (request) => {
    await authorize(request, tokens, 'editor')
    return events.replay()
  })

  server.get('/write-keys', async (request) => {
    await authorize(request, tokens, 'admin')
    return events.writeKeys()
  })

  server.post<{ Body: { name: string } }>(
    '/write-keys',
    { schema: { body: Type.Object({ name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,40}$' }) }) } },
    async (request) => {
      await authorize(request, tokens, 'admin')
      return { writeKey: await events.createWriteKey(request.body.name) }
    },
  )
}
