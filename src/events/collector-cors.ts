import type { IncomingMessage, ServerResponse } from 'node:http'

/** Listed by name, for the Fetch standard excludes Authorization from `*`. */
const requestHeaders =
  'authorization, content-type, content-encoding, x-retry-count, x-write-key, anonymousid, sp-anonymous, posthog-attempt, posthog-request-id'

/** Lets any page read the answer; `Retry-After` must be exposed or browsers' SDKs cannot obey it. */
export function allowCors(
  request: IncomingMessage,
  response: ServerResponse,
  credentialOrigins: ReadonlySet<string>,
): void {
  const { origin } = request.headers
  if (origin === undefined) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('vary', 'Origin')
  response.setHeader('access-control-expose-headers', 'Retry-After')
  if (credentialOrigins.has(origin)) response.setHeader('access-control-allow-credentials', 'true')
}

/** Answers a preflight. Browsers keep it per path, and not longer than they see fit. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  response.writeHead(204, {
    'access-control-allow-methods': 'POST, GET, OPTIONS',
    'access-control-allow-headers': requestHeaders,
    'access-control-max-age': '86400',
  })
  response.end()
}
