import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Platform } from '../../platform/index.ts'
import { authenticate, secretOf, sessionCookie } from '../authenticate.ts'
import type { SessionInfo } from '../contract.ts'

export function sessionRoutes(server: FastifyInstance, platform: Platform): void {
  server.get('/session', async (request): Promise<SessionInfo> => {
    const { name, role, team } = await authenticate(request, platform.tokens)
    return { name, role, team, project: platform.projectName(), version: platform.version }
  })

  const body = Type.Union([Type.Object({ code: Type.String() }), Type.Object({ token: Type.String() })])
  server.post<{ Body: { code: string } | { token: string } }>(
    '/session',
    // Guessing codes is hopeless; the limit keeps it from being a load.
    { schema: { body }, config: { rateLimit: { max: 20, timeWindow: '1 minute' } } },
    async (request, reply) => {
      const { secret, expiresAt } = await platform.tokens.openSession(request.body)
      const secure = platform.apiUrl().startsWith('https:') ? '; Secure' : ''
      void reply.header(
        'set-cookie',
        `${sessionCookie}=${secret}; Path=/; HttpOnly; SameSite=Strict; Expires=${expiresAt.toUTCString()}${secure}`,
      )
      return {}
    },
  )

  server.delete('/session', async (request, reply) => {
    const secret = secretOf(request)
    if (secret !== null) await platform.tokens.closeSession(secret)
    void reply.header('set-cookie', `${sessionCookie}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`)
    return {}
  })
}
