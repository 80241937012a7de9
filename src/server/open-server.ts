import fastifyRateLimit from '@fastify/rate-limit'
import fastifySwagger from '@fastify/swagger'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { explainListenFailure } from '../base/index.ts'
import type { Platform } from '../platform/index.ts'
import { icebergRoutes } from './iceberg/iceberg-routes.ts'
import { metricsRoutes } from './metrics.ts'
import { replyError } from './reply-error.ts'
import { appRoutes } from './routes/app-routes.ts'
import { attemptRoutes } from './routes/attempt-routes.ts'
import { dashboardRoutes } from './routes/dashboard-routes.ts'
import { erasureRoutes } from './routes/erasure-routes.ts'
import { eventRoutes } from './routes/event-routes.ts'
import { feedRoutes } from './routes/feed-routes.ts'
import { jobRoutes } from './routes/job-routes.ts'
import { overviewRoutes } from './routes/overview-routes.ts'
import { runRoutes } from './routes/run-routes.ts'
import { sessionRoutes } from './routes/session-routes.ts'
import { tableChangeRoutes } from './routes/table-change-routes.ts'
import { tableRoutes } from './routes/table-routes.ts'
import { tokenRoutes } from './routes/token-routes.ts'
import { s3Routes } from './s3/s3-routes.ts'
import { contentSecurityPolicy, serveWebApp } from './web-app.ts'

/** The API and the web app, listening. Disposing stops taking requests and ends open streams. */
export interface Server extends AsyncDisposable {
  /** `http://host:port` */
  readonly url: string
}

const resources = [
  sessionRoutes,
  overviewRoutes,
  jobRoutes,
  runRoutes,
  attemptRoutes,
  tableRoutes,
  tableChangeRoutes,
  eventRoutes,
  erasureRoutes,
  feedRoutes,
  dashboardRoutes,
  appRoutes,
  tokenRoutes,
]

/** @param webFolder The built browser app. */
export async function openServer(platform: Platform, { webFolder }: { webFolder: string }): Promise<Server> {
  const { host, port } = platform.settings
  const server = fastify({
    bodyLimit: 4 * 1024 ** 2,
    // Namespaces of many levels are one part of a path.
    routerOptions: { maxParamLength: 1000 },
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: true } },
  })
  server.setErrorHandler((error: FastifyError, request, reply) =>
    replyError(error, request, reply, platform.log),
  )
  server.addHook('onSend', async (_request, reply) => {
    void reply.headers({
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    })
  })
  await server.register(fastifyRateLimit, { global: false })
  await server.register(fastifySwagger, {
    openapi: { info: { title: 'Nacre', version: platform.version }, servers: [{ url: '/api/v1' }] },
  })
  await server.register(
    async (api: FastifyInstance) => {
      for (const routes of resources) routes(api, platform)
      api.get('/openapi.json', { schema: { hide: true } as object }, async () => server.swagger())
    },
    { prefix: '/api/v1' },
  )
  const onReport = metricsRoutes(server, platform)
  await server.register((scope: FastifyInstance) => icebergRoutes(scope, platform, { onReport }), {
    prefix: '/iceberg',
  })
  s3Routes(server, platform)
  await serveWebApp(server, webFolder)
  try {
    await server.listen({ host, port })
  } catch (error) {
    throw explainListenFailure(error, { host, port, flag: '--port' })
  }
  const address = server.server.address() as { port: number }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    [Symbol.asyncDispose]: () => server.close(),
  }
}
