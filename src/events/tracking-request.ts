import { NacreError } from '../base/index.ts'

/** An event, or a batch of them, as JSON of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Type of event by path: Segment's routes, their one-letter forms, and Rudder's `import`. */
export const routes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    batch: ['batch', 'b', 'import'],
    track: ['track', 't'],
    identify: ['identify', 'i'],
    page: ['page', 'p'],
    screen: ['screen', 's'],
    group: ['group', 'g'],
    alias: ['alias', 'a'],
  }).flatMap(([type, paths]) => paths.map((path) => [`/v1/${path}`, type] as const)),
)

/** The parsed body of a request and the events in it, not yet looked at. */
export interface TrackingRequest {
  readonly body: JsonObject
  readonly events: readonly unknown[]
}

/** Parses a body as far as counting its events. Throws NACRE_INPUT with what to send instead. */
export function parseTrackingRequest(text: string, route: string): TrackingRequest {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    throw new NacreError(
      'NACRE_INPUT',
      `The body is not JSON: ${(error as Error).message}. ${expected(route)}`,
      {
        cause: error,
      },
    )
  }
  if (!isJsonObject(body))
    throw new NacreError('NACRE_INPUT', `The body is not a JSON object. ${expected(route)}`)
  if (route !== 'batch') return { body, events: [body] }
  const { batch } = body
  if (!Array.isArray(batch))
    throw new NacreError('NACRE_INPUT', `The body has no array 'batch'. ${expected(route)}`)
  return { body, events: batch }
}

/**
 * The write key of a request, from the first place that has one: HTTP Basic (as user name), the body's `writeKey`, the first
 * event's, the header `X-Write-Key`, the query's `writeKey`. SDKs differ in which they use.
 */
export function writeKeyOf(
  request: TrackingRequest,
  http: { authorization?: string | undefined; writeKeyHeader?: string | undefined; query: string },
): string | undefined {
  const first = request.events[0]
  return (
    basicUser(http.authorization) ??
    text(request.body['writeKey']) ??
    (isJsonObject(first) ? text(first['writeKey']) : undefined) ??
    text(http.writeKeyHeader) ??
    text(new URLSearchParams(http.query).get('writeKey'))
  )
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The user name of Basic credentials, with or without the colon behind it. */
function basicUser(authorization: string | undefined): string | undefined {
  const match = /^Basic +([A-Za-z0-9+/_=-]+)$/i.exec(authorization ?? '')
  return match === null ? undefined : text(Buffer.from(match[1]!, 'base64').toString('utf8').split(':', 1)[0])
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function expected(route: string): string {
  return route === 'batch'
    ? 'Send {"batch":[{"type":"track","event":"Book Opened","userId":"u1","properties":{}}],"writeKey":"wk_…"}.'
    : `Send one event, such as {"userId":"u1",${route === 'track' ? '"event":"Book Opened","properties":{}' : '"traits":{}'},"writeKey":"wk_…"}.`
}
