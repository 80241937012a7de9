import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Tokens } from '../../platform/index.ts'

/** Tokens of ours do not end by themselves; clients are asked to come back, so that one that was revoked is noticed. */
const expiresInSeconds = 3600

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

/**
 * `POST /v1/oauth/tokens`, for clients that are given a `credential`: its secret is one of our tokens, its id that token's name,
 * or left out. The answer is the token itself. RFC 6749, 4.4 and 5.2; refreshing is RFC 8693.
 */
export function oauthEndpoint(server: FastifyInstance, tokens: Tokens): void {
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 16 * 1024 },
    (_request, body, done) => done(null, new URLSearchParams(body as string)),
  )
  server.post<{ Body: URLSearchParams | null }>(
    '/v1/oauth/tokens',
    { schema: { hide: true } as object, config: { rateLimit: { max: 60, timeWindow: '1 minute' } } },
    async ({ body, headers }, reply) => {
      void reply.header('cache-control', 'no-store')
      if (!(body instanceof URLSearchParams))
        return refuse(reply, 400, 'invalid_request', 'Send a form: application/x-www-form-urlencoded.')
      const grant = body.get('grant_type')
      if (grant !== 'client_credentials' && grant !== tokenExchange)
        return refuse(
          reply,
          400,
          'unsupported_grant_type',
          `grant_type '${grant}' is neither client_credentials nor token exchange.`,
        )
      const [basicId, basicSecret] = basicCredentials(headers.authorization)
      const id = basicId ?? body.get('client_id') ?? ''
      const secret =
        grant === tokenExchange ? body.get('subject_token') : (basicSecret ?? body.get('client_secret'))
      const principal = secret?.startsWith('nacre_') ? await tokens.authenticate(secret) : null
      if (principal === null || (id !== '' && grant === 'client_credentials' && id !== principal.name))
        return refuse(
          reply,
          401,
          'invalid_client',
          "The client's secret is no token of Nacre, or the client's id is not that token's name.",
        )
      return {
        access_token: secret,
        token_type: 'bearer',
        expires_in: expiresInSeconds,
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        scope: body.get('scope') ?? 'catalog',
      }
    },
  )
}

function basicCredentials(authorization = ''): readonly (string | undefined)[] {
  const encoded = /^Basic (\S+)$/i.exec(authorization)?.[1]
  if (encoded === undefined) return []
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return [text.slice(0, colon), text.slice(colon + 1)]
}

function refuse(reply: FastifyReply, status: number, error: string, description: string): FastifyReply {
  return reply.status(status).send({ error, error_description: description })
}
