import fastify, { type FastifyError } from 'fastify'
import { silentLog } from '../../src/base/index.ts'
import type { Database } from '../../src/database/index.ts'
import { Tokens } from '../../src/platform/tokens.ts'
import type { Publisher } from '../../src/publish/index.ts'
import { replyError } from '../../src/server/reply-error.ts'
import { feedRoutes } from '../../src/server/routes/feed-routes.ts'

/** The part of the API that consumers of feeds ask, on a port of its own. */
export interface FeedServer extends AsyncDisposable {
  readonly url: string
}

/** Serves a publisher's feeds, whose tables are team red's. The database needs the migrations of tokens. */
export async function startFeedServer(
  database: Database,
  publisher: () => Publisher,
  port = 0,
): Promise<FeedServer> {
  const server = fastify({ forceCloseConnections: true, ajv: { customOptions: { coerceTypes: true } } })
  server.setErrorHandler((error: FastifyError, request, reply) =>
    replyError(error, request, reply, silentLog),
  )
  const tokens = new Tokens(database)
  const tables = { teamOf: async () => 'red' }
  await server.register(async (api) => feedRoutes(api, { tokens, publisher, tables, log: silentLog }), {
    prefix: '/api/v1',
  })
  await server.listen({ host: '127.0.0.1', port })
  return {
    url: `http://127.0.0.1:${(server.server.address() as { port: number }).port}`,
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** A token that may do what its role may. */
export async function makeToken(
  database: Database,
  role: 'viewer' | 'editor',
  team: string | null = null,
): Promise<string> {
  const name = team === null ? role : `${role} of ${team}`
  return (await new Tokens(database).create({ name, role, team })).secret
}
