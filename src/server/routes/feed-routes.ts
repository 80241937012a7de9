import { createReadStream } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { Platform } from '../../platform/index.ts'
import { authorize } from '../authenticate.ts'
import type { FeedInfo } from '../contract.ts'

export function feedRoutes(server: FastifyInstance, platform: Platform): void {
  server.get('/feeds', async (request): Promise<readonly FeedInfo[]> => {
    await authorize(request, platform.tokens, 'viewer')
    return platform.publisher().listFeeds()
  })

  server.get<{ Params: { table: string; snapshot: string; file: string } }>(
    '/feeds/:table/:snapshot/:file',
    async (request, reply) => {
      await authorize(request, platform.tokens, 'viewer')
      const { table, snapshot, file } = request.params
      const path = await platform.publisher().exportedFile(table, snapshot, file)
      return reply
        .type(file.endsWith('.json') ? 'application/json' : 'application/avro')
        .send(createReadStream(path))
    },
  )
}
