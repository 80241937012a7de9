import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Platform, Role } from '../../platform/index.ts'
import { authenticate, authorize } from '../authenticate.ts'

export function tokenRoutes(server: FastifyInstance, platform: Platform): void {
  const { tokens } = platform

  server.get('/tokens', async (request) => {
    await authorize(request, tokens, 'admin')
    return tokens.list()
  })

  const body = Type.Object({
    name: Type.String({ pattern: '^[A-Za-z0-9._-]{1,60}$' }),
    role: Type.Enum(['admin', 'editor', 'viewer']),
    team: Type.Union([Type.String(), Type.Null()], { default: null }),
  })
  server.post<{ Body: { name: string; role: Role; team: string | null } }>(
    '/tokens',
    { schema: { body } },
    async (request) => {
      await authorize(request, tokens, 'admin')
      return { token: (await tokens.create(request.body)).secret }
    },
  )

  server.delete<{ Params: { name: string } }>('/tokens/:name', async (request) => {
    await authorize(request, tokens, 'admin')
    await tokens.revoke(request.params.name)
    return {}
  })

  server.post('/sign-in-links', async (request) => {
    const { name } = await authenticate(request, tokens)
    return { url: `${platform.apiUrl()}/sign-in?code=${await tokens.createSignInCode(name)}` }
  })
}
