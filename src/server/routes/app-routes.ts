import type { FastifyInstance } from 'fastify'
import type { Platform } from '../../platform/index.ts'
import { authorize } from '../authenticate.ts'
import type { DeployAnswer } from '../contract.ts'

/** Largest bundle that can be deployed. */
const maxBundleBytes = 64 * 1024 ** 2

export function appRoutes(server: FastifyInstance, { tokens, apps }: Platform): void {
  server.addContentTypeParser(
    'application/gzip',
    { parseAs: 'buffer', bodyLimit: maxBundleBytes },
    (_request, body, done) => done(null, body),
  )

  server.get('/apps', async (request) => {
    await authorize(request, tokens, 'viewer')
    return apps.list()
  })

  server.put<{ Params: { app: string }; Body: Buffer }>(
    '/apps/:app',
    { bodyLimit: maxBundleBytes },
    async (request): Promise<DeployAnswer> => {
      await authorize(request, tokens, 'editor')
      return apps.deploy(request.params.app, request.body)
    },
  )
}
