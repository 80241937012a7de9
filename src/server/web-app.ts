import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { NacreError } from '../base/index.ts'

/** The web app is its own origin's only script; see https://www.w3.org/TR/CSP3/. */
export const contentSecurityPolicy =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Serves the built browser app; every page of it is the same document. */
export async function serveWebApp(server: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    server.get('/', async () => {
      throw new NacreError(
        'NACRE_UNAVAILABLE',
        "The web app is not built. Run 'npm run build'; the API works without it.",
      )
    })
    return
  }
  // Their names carry a hash of their content.
  await server.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    maxAge: '1y',
    immutable: true,
  })
  const page = await readFile(join(folder, 'index.html'))
  server.setNotFoundHandler((request, reply) => {
    if (request.method !== 'GET' || /^\/(api|assets)\//.test(request.url)) {
      throw new NacreError(
        'NACRE_NOT_FOUND',
        `There is no ${request.method} ${request.url.split('?')[0]}. See /api/v1/openapi.json for what there is.`,
      )
    }
    return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page)
  })
}
