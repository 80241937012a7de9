import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Platform } from '../../platform/index.ts'
import { authorize } from '../authenticate.ts'
import type { ErasureAnswer, ErasureInfo } from '../contract.ts'

export function erasureRoutes(server: FastifyInstance, { tokens, maintenance }: Platform): void {
  server.get('/erasures', async (request): Promise<readonly ErasureInfo[]> => {
    await authorize(request, tokens, 'admin')
    return maintenance.erasures()
  })

  server.post<{ Body: { user: string } }>(
    '/erasures',
    { schema: { body: Type.Object({ user: Type.String({ minLength: 1, maxLength: 1000 }) }) } },
    async (request): Promise<ErasureAnswer> => {
      const { name } = await authorize(request, tokens, 'admin')
      return maintenance.forget(request.body.user, name)
    },
  )
}
