import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { NacreError, silentLog, systemClock, toNacreError, type Clock, type Log } from '../base/index.ts'
import { allowCors, answerPreflight } from './collector-cors.ts'
import { RequestBudget } from './request-budget.ts'
import { bodyText, readBody } from './request-body.ts'
import type { LogCounters, SegmentLog } from './segment-log.ts'
import { parseTrackingRequest, routes, writeKeyOf } from './tracking-request.ts'
import { isWellFormedKey, type KeyRing } from './write-keys.ts'

/** Bounds of what the collector takes. */
export interface CollectorLimits {
  /** Of a body, as received and inflated. Default 4 MiB. */
  readonly bodyBytes: number
  /** Of requests waiting for the disk; beyond it clients are told to come back. Default 32 MiB. */
  readonly pendingBytes: number
  /** Of one key. Default 1000. */
  readonly requestsPerSecond: number
  /** Kept of requests with unknown or revoked keys, per day: of one address, and of all. Default 8 MiB and 64 MiB. */
  readonly quarantineBytesPerAddress: number
  readonly quarantineBytes: number
}

/** Sums since the collector was made. */
export interface CollectorCounters {
  /** Acknowledged. */
  readonly requests: number
  readonly events: number
  readonly bytes: number
  /** Acknowledged, but with an unknown or revoked key. */
  readonly quarantined: number
  /** Answered with 4xx or 5xx, by status. */
  readonly refused: Readonly<Record<number, number>>
  readonly log: LogCounters
}

/** Takes events over HTTP. Disposing it stops taking new ones and waits for those under way. */
export interface Collector extends AsyncDisposable {
  /** For a server of one's own. */
  readonly listener: RequestListener
  /** Listens on its own server. Default host: 127.0.0.1; port 0 picks a free one. */
  listen(address: { port: number; host?: string }): Promise<{ readonly port: number }>
  /** From now on every request is answered 429, so that clients keep their events and come back. */
  drain(): void
  counters(): CollectorCounters
}

export interface CollectorOptions {
  readonly log: SegmentLog
  readonly keys: KeyRing
  readonly limits?: Partial<CollectorLimits>
  /** Asked before a request is read; throws what is answered instead. */
  readonly admit?: () => void
  /** Origins whose pages may send with credentials; every origin may send without. */
  readonly credentialOrigins?: readonly string[]
}

const success = Buffer.from('{"success":true}')
const maxRetryAfterSeconds = 300
const stopGraceMs = 3000

/**
 * Makes a collector that speaks the Segment tracking API. Nothing but parsing happens before the answer: the request is
 * appended to the log as it came, and 200 is sent once it is durable.
 *
 * Which status is sent follows from what SDKs do with it, not from taste: only 429 and 5xx make them keep their events.
 */
export function createCollector(
  options: CollectorOptions,
  effects: { clock?: Clock; log?: Log } = {},
): Collector {
  const { log, keys } = options
  const limits: CollectorLimits = {
    bodyBytes: 4 * 1024 ** 2,
    pendingBytes: 32 * 1024 ** 2,
    requestsPerSecond: 1000,
    quarantineBytesPerAddress: 8 * 1024 ** 2,
    quarantineBytes: 64 * 1024 ** 2,
    ...options.limits,
  }
  const credentialOrigins = new Set(options.credentialOrigins)
  const clock = effects.clock ?? systemClock
  const journal = effects.log ?? silentLog
  const rates = new RequestBudget(limits.requestsPerSecond, 1000)
  const quarantineByAddress = new RequestBudget(limits.quarantineBytesPerAddress, 86_400_000)
  const quarantine = new RequestBudget(limits.quarantineBytes, 86_400_000)
  const alarms = new RequestBudget(1, 60_000)
  const counters = { requests: 0, events: 0, bytes: 0, quarantined: 0 }
  const refused: Record<number, number> = {}
  let draining = false

  /** Resolves when the request is durable; throws what is to be answered instead. */
  async function accept(request: IncomingMessage, route: string, query: string): Promise<void> {
    if (draining) throw overloaded('The collector is stopping.', maxRetryAfterSeconds)
    options.admit?.()
    if (log.pendingBytes > limits.pendingBytes) throw overloaded('The disk is behind.', 2)
    const body = await readBody(request, limits.bodyBytes)
    const receivedAt = clock.now()
    const parsed = parseTrackingRequest(bodyText(body, limits.bodyBytes), route)
    const { authorization, 'x-write-key': writeKeyHeader, 'user-agent': userAgent } = request.headers
    const key = writeKeyOf(parsed, {
      authorization,
      writeKeyHeader: writeKeyHeader as string | undefined,
      query,
    })
    if (key === undefined || !isWellFormedKey(key)) throw malformedKey(key)
    const writeKey = await keys.find(key)
    const ip = request.socket.remoteAddress ?? ''
    if (writeKey === undefined) {
      const fits =
        quarantineByAddress.take(ip, body.length, receivedAt) && quarantine.take('', body.length, receivedAt)
      if (!fits) throw overloaded('Too much was sent with keys that are not known.', maxRetryAfterSeconds)
      if (alarms.take('', 1, receivedAt)) {
        journal.warn({ key: key.split('_')[1], ip }, 'Events come with a key that is unknown or revoked.')
      }
    } else if (!rates.take(writeKey, 1, receivedAt)) {
      throw overloaded(
        `Write key '${writeKey}' sends more than ${limits.requestsPerSecond} requests a second.`,
        1,
      )
    }
    await log.append({
      receivedAt,
      meta: { writeKey: writeKey ?? null, route, ip, ...(userAgent === undefined ? {} : { userAgent }) },
      body,
    })
    counters.requests += 1
    counters.events += parsed.events.length
    counters.bytes += body.length
    if (writeKey === undefined) counters.quarantined += 1
  }

  const listener: RequestListener = (request, response) => {
    if (draining) response.setHeader('connection', 'close')
    allowCors(request, response, credentialOrigins)
    const [path, query = ''] = (request.url ?? '/').split('?', 2) as [string, string?]
    const route = routes.get(path)
    if (request.method === 'OPTIONS') return answerPreflight(request, response)
    if (route === undefined || request.method !== 'POST') {
      return refuse(request, response, noSuchRoute(request.method, path))
    }
    accept(request, route, query).then(
      () => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': success.length })
        response.end(success)
      },
      (error: unknown) => refuse(request, response, toNacreError(error)),
    )
  }

  function refuse(request: IncomingMessage, response: ServerResponse, error: NacreError): void {
    if (request.destroyed && !request.complete) return // the client went away while it was sending
    const status = refusalStatus(error)
    refused[status] = (refused[status] ?? 0) + 1
    if (status >= 500) journal.error({ error }, 'A request could not be taken.')
    const body = JSON.stringify({ success: false, error })
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(status === 429 ? retryHeaders(error) : {}),
    })
    response.end(body)
    // The rest is read and dropped: closing at once could reset the connection before the client has the answer.
    request.resume()
  }

  const server = createServer({ requestTimeout: 30_000, keepAliveTimeout: 65_000 }, listener)
  return {
    listener,
    listen: ({ port, host = '127.0.0.1' }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve({ port: (server.address() as AddressInfo).port })
        })
      }),
    drain: () => void (draining = true),
    counters: () => ({ ...counters, refused: { ...refused }, log: log.counters() }),
    async [Symbol.asyncDispose]() {
      draining = true
      if (!server.listening) return
      // Clients that are slow to send lose nothing: they were not answered and send again.
      const cut = setTimeout(() => server.closeAllConnections(), stopGraceMs)
      const idle = setInterval(() => server.closeIdleConnections(), 50)
      await new Promise((resolve) => server.close(resolve))
      clearTimeout(cut)
      clearInterval(idle)
    },
  }
}

/** SDKs drop what was answered 4xx, so these are for requests with nothing to keep; 413 would make some of them split and resend for ever. */
function refusalStatus(error: NacreError): number {
  if (error.code === 'NACRE_TOO_LARGE') return 400
  if (error.code === 'NACRE_INTERNAL') return 503
  return error.status
}

function retryHeaders(error: NacreError): Record<string, number> {
  const seconds = Number(error.details['retryAfterSeconds'] ?? 30)
  return { 'retry-after': seconds, 'x-ratelimit-reset': seconds }
}

function overloaded(what: string, retryAfterSeconds: number): NacreError {
  return new NacreError('NACRE_OVERLOADED', `${what} Send again in ${retryAfterSeconds} seconds.`, {
    details: { retryAfterSeconds },
  })
}

function malformedKey(key: string | undefined): NacreError {
  return new NacreError(
    'NACRE_NOT_SIGNED_IN',
    key === undefined
      ? "No write key was sent. Send it as the user name of HTTP Basic, or as 'writeKey' in the body; `nacre events keys` lists them."
      : `'${key.slice(0, 12)}…' is not a write key: its form or its checksum is wrong. Copy the whole key, wk_<name>_<random>_<checksum>.`,
  )
}

function noSuchRoute(method: string | undefined, path: string): NacreError {
  return new NacreError(
    'NACRE_NOT_FOUND',
    `Nothing answers ${method} ${path.slice(0, 200)}. POST events to ${[...routes.keys()].join(', ')}.`,
  )
}
