import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NacreError, parseLossless, stringifyLossless } from '../../base/index.ts'
import { requireRole, type Platform, type Principal } from '../../platform/index.ts'
import { answerOnce } from './answer-once.ts'
import { configEndpoint } from './config-endpoint.ts'
import type { Answer, Endpoint } from './endpoint.ts'
import { icebergError } from './iceberg-error.ts'
import { namespaceEndpoints } from './namespace-endpoints.ts'
import { fullName, readNamespace } from './names.ts'
import { oauthEndpoint } from './oauth-endpoint.ts'
import { presentTable } from './present-table.ts'
import type { Subject } from './reference-words.ts'
import { idempotentRequest, openReplies } from './replies.ts'
import { tableAccess } from './table-access.ts'
import { tableEndpoints, type OnReport } from './table-endpoints.ts'
import { viewEndpoints } from './view-endpoints.ts'

/** What the catalog's server stands on. */
export type IcebergPlatform = Pick<Platform, 'database' | 'tokens' | 'log' | 'catalog'> & {
  readonly warehouse: Pick<Platform['warehouse'], 'accessConfig'>
}

interface Route {
  Params: Record<string, string>
  Querystring: Record<string, string>
}

/** A commit carries snapshots, and schemas of wide tables. */
const bodyLimit = 32 * 1024 ** 2

/** The Iceberg REST catalog; clients are given its URL, to which they append `/v1/…`. Register it with a prefix. */
export async function icebergRoutes(
  server: FastifyInstance,
  platform: IcebergPlatform,
  { onReport = () => {} }: { onReport?: OnReport } = {},
): Promise<void> {
  const { tokens, log, database } = platform
  const catalog = platform.catalog.iceberg
  const accessFor = tableAccess(catalog, platform.warehouse)
  const replies = openReplies({ database, catalog, log })

  // Ids of snapshots have 63 bits.
  server.removeContentTypeParser('application/json')
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit },
    (_request, text: string, done) => {
      try {
        done(null, text === '' ? undefined : parseLossless(text))
      } catch (cause) {
        done(new NacreError('NACRE_INPUT', `The body is not JSON: ${(cause as Error).message}.`, { cause }))
      }
    },
  )
  server.setReplySerializer((body) => stringifyLossless(body))
  server.setErrorHandler((thrown, request, reply) => send(reply, refusal(thrown, request)))
  server.setNotFoundHandler(({ method, url }, reply) => {
    const message = `There is no ${method} ${url.split('?')[0]}. GET /v1/config lists what there is.`
    return send(reply, { status: 404, body: { error: { message, type: 'NotFoundException', code: 404 } } })
  })
  server.decorateRequest('principal', null)

  oauthEndpoint(server, tokens)
  const served = [
    ...namespaceEndpoints(catalog),
    ...tableEndpoints(catalog, { accessFor, log, onReport }),
    ...viewEndpoints(catalog),
  ]
  for (const endpoint of [configEndpoint(served), ...served]) serve(endpoint)

  function serve(endpoint: Endpoint): void {
    const [method = '', path = ''] = endpoint.name.split(' ')
    server.route<Route>({
      method,
      url: `/v1/${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      exposeHeadRoute: false,
      bodyLimit,
      schema: { hide: true, ...(endpoint.body === undefined ? {} : { body: endpoint.body }) } as object,
      // Before the body is read: nobody without a token has one parsed.
      async onRequest(request) {
        const principal = await bearer(request)
        requireRole(principal, endpoint.role)
        request.setDecorator('principal', principal)
      },
      async handler(request, reply) {
        const { params, query, headers, body } = request
        const principal = request.getDecorator<Principal>('principal')
        const namespace = readNamespace(params['namespace'])
        const last = params['table'] ?? params['view']
        const name = last === undefined ? '' : fullName({ namespace, name: last })
        const answer = await answerOnce(
          endpoint,
          { principal, namespace, name, query, headers, body },
          {
            once: idempotentRequest(request, principal),
            replies,
            refuse: (thrown, { isUndecided }) => refusal(thrown, request, { isUndecided }),
          },
        )
        if (answer.table === undefined) return send(reply, answer)
        try {
          return send(reply, await presentTable(answer.table, { principal, query, headers }, accessFor))
        } catch (thrown) {
          // What was asked for is done, and only cannot be told.
          return send(reply, refusal(thrown, request, { isUndecided: method !== 'GET' }))
        }
      },
    })
  }

  /** Who sends a request. Browser sessions are not for engines: only a token of ours, sent as such. */
  async function bearer({ headers }: FastifyRequest<Route>): Promise<Principal> {
    const secret = /^Bearer (nacre_\S+)$/i.exec(headers.authorization ?? '')?.[1]
    const principal = secret === undefined ? null : await tokens.authenticate(secret)
    if (principal !== null) return principal
    throw new NacreError(
      'NACRE_NOT_SIGNED_IN',
      "Send a token of Nacre: 'Authorization: Bearer nacre_…'. 'nacre tokens' makes one.",
    )
  }

  function refusal(
    thrown: unknown,
    { method, url, routeOptions }: Pick<FastifyRequest, 'method' | 'url' | 'routeOptions'>,
    { isUndecided = false }: { isUndecided?: boolean } = {},
  ): Answer {
    const isChange = method !== 'GET' && method !== 'HEAD'
    const body = icebergError(thrown, { subject: subjectOf(routeOptions.url), isChange, isUndecided })
    const { code } = body.error
    if (code >= 500) log.error({ err: thrown, method, url }, 'a request failed')
    return { status: code, body, headers: code === 429 || code === 503 ? { 'retry-after': '5' } : {} }
  }
}

function send(reply: FastifyReply, { status, headers = {}, body }: Answer): FastifyReply {
  void reply.headers(headers).status(status ?? (body === undefined ? 204 : 200))
  return body === undefined ? reply.send() : reply.type('application/json').send(body)
}

function subjectOf(url = ''): Subject {
  if (/view/.test(url)) return 'View'
  return /table|register|transactions/.test(url) ? 'Table' : 'Namespace'
}
