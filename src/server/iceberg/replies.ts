import type { IncomingHttpHeaders } from 'node:http'
import {
  NacreError,
  parseLossless,
  sha256,
  stringifyLossless,
  systemClock,
  type Clock,
  type Log,
} from '../../base/index.ts'
import type { Database, Transaction } from '../../database/index.ts'
import type { Principal } from '../../platform/index.ts'
import { rememberReply, replyOf, type IcebergCatalog, type IdempotentRequest } from '../../tables/index.ts'
import type { Answer } from './endpoint.ts'
import { contradiction } from './iceberg-error.ts'

/** How long a client may send a request again with its key, as ISO 8601 and in milliseconds. */
export const keyLifetime = 'PT30M'
const lifetimeMs = 30 * 60_000
/** Clocks differ, and the last retry takes its time. */
const graceMs = 5 * 60_000

/** Refusals that stay as they are when the request is sent again. */
const isFinal = (status: number): boolean => [400, 404, 409, 422].includes(status)

/** Answers that are remembered by the client's Idempotency-Key. */
export interface Replies {
  /** The answer of a request that was sent before. A table is told as it is now, which the specification allows. */
  find(request: IdempotentRequest): Promise<Answer | undefined>
  remember(transaction: Transaction, request: IdempotentRequest, answer: Answer): Promise<void>
  /** Remembers an answer, if it is final, of work that is done without the catalog's transaction. */
  rememberAfter(request: IdempotentRequest, answer: Answer): Promise<void>
}

export function openReplies(
  { database, catalog, log }: { database: Database; catalog: IcebergCatalog; log: Log },
  { clock = systemClock }: { clock?: Clock } = {},
): Replies {
  const remember: Replies['remember'] = async (transaction, request, answer) => {
    const { table, body, status = table === undefined && body === undefined ? 204 : 200 } = answer
    const text = stringifyLossless(table === undefined ? { body } : { table: table.name })
    const forMs = lifetimeMs + graceMs
    await rememberReply(transaction, request, { status, body: text }, { nowMs: clock.now(), forMs })
  }
  return {
    async find(request) {
      const reply = await replyOf(database, request, clock.now()).catch((error: unknown) => {
        throw error instanceof NacreError && error.code === 'NACRE_INPUT'
          ? contradiction(error.message)
          : error
      })
      if (reply === undefined) return undefined
      const { table, body } = parseLossless(reply.body) as { table?: string; body?: unknown }
      return table === undefined ? { status: reply.status, body } : { table: await catalog.loadTable(table) }
    },
    remember,
    async rememberAfter(request, answer) {
      const { status = 200 } = answer
      if (status >= 300 && !isFinal(status)) return
      try {
        await database.transaction((transaction) => remember(transaction, request, answer))
      } catch (error) {
        // The work is done, or refused; only a retry would have been spared.
        log.warn({ err: error }, 'An answer to a request with an Idempotency-Key is not remembered.')
      }
    },
  }
}

/** The key that a request carries, apart from those of other tokens; null when it has none. Throws NACRE_INPUT for no UUID of version 7. */
export function idempotentRequest(
  {
    method,
    url,
    headers,
    body,
  }: { method: string; url: string; headers: IncomingHttpHeaders; body: unknown },
  principal: Principal,
): IdempotentRequest | null {
  const key = headers['idempotency-key']
  if (key === undefined || method === 'GET' || method === 'HEAD') return null
  if (
    typeof key !== 'string' ||
    !/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(key)
  )
    throw new NacreError(
      'NACRE_INPUT',
      `Idempotency-Key '${String(key)}' is not a UUID of version 7 (RFC 9562).`,
    )
  return {
    key: `${principal.name}/${key.toLowerCase()}`,
    sha256: sha256(`${method} ${url}\n${stringifyLossless(body ?? null)}`),
  }
}
