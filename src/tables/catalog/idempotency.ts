import { NacreError } from '../../base/index.ts'
import type { Queryable, Transaction } from '../../database/index.ts'

/** What a request was answered, so that the same request is answered so again. */
export interface Reply {
  readonly status: number
  readonly body: string
}

/** A request that may be sent again, named by its Idempotency-Key. */
export interface IdempotentRequest {
  /** Unique within the whole catalog: what the client sent, with whatever keeps clients apart. */
  readonly key: string
  /** Of method, path and body. */
  readonly sha256: string
}

/** The answer that is remembered; undefined when there is none or it expired. Throws NACRE_INPUT when another request used the key. */
export async function replyOf(
  database: Queryable,
  { key, sha256 }: IdempotentRequest,
  nowMs: number,
): Promise<Reply | undefined> {
  const rows = await database.query<Reply & { request_sha256: string }>(
    'select request_sha256, status, body from catalog_idempotency where key = $1 and expires_at > $2',
    [key, new Date(nowMs)],
  )
  const found = rows[0]
  if (found && found.request_sha256 !== sha256)
    throw new NacreError(
      'NACRE_INPUT',
      `Idempotency-Key ${key} was used for another request. Make a new key for every request.`,
    )
  return found && { status: found.status, body: found.body }
}

/**
 * Remembers the answer in the transaction that does the work, so that there is an answer exactly if the work is done. Throws
 * NACRE_CONFLICT, which undoes the work, when the same request was answered meanwhile.
 */
export async function rememberReply(
  transaction: Transaction,
  { key, sha256 }: IdempotentRequest,
  { status, body }: Reply,
  lifetime: { nowMs: number; forMs: number },
): Promise<void> {
  await transaction.query('delete from catalog_idempotency where expires_at <= $1', [
    new Date(lifetime.nowMs),
  ])
  const rows = await transaction.query(
    `insert into catalog_idempotency (key, request_sha256, status, body, expires_at) values ($1, $2, $3, $4, $5)
     on conflict (key) do nothing
     returning key`,
    [key, sha256, status, body, new Date(lifetime.nowMs + lifetime.forMs)],
  )
  if (rows.length === 0)
    throw new NacreError(
      'NACRE_CONFLICT',
      `The request with Idempotency-Key ${key} is done already. Ask for its answer.`,
    )
}
