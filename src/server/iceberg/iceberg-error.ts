import type { FastifyError } from 'fastify'
import { NacreError, toNacreError, type ErrorCode } from '../../base/index.ts'
import { referenceWords, type Subject } from './reference-words.ts'

/** An error as the specification shapes it. */
export interface IcebergError {
  readonly error: { readonly message: string; readonly type: string; readonly code: number }
}

/** The specification's types by code of ours; others are told by their status. */
const types: Partial<Readonly<Record<ErrorCode, string>>> = {
  NACRE_CONFLICT: 'AlreadyExistsException',
  NACRE_COMMIT_CONFLICT: 'CommitFailedException',
  NACRE_NOT_SIGNED_IN: 'NotAuthorizedException',
  NACRE_NOT_ALLOWED: 'ForbiddenException',
  NACRE_OVERLOADED: 'SlowDownException',
  NACRE_DISK_FULL: 'SlowDownException',
  NACRE_UNAVAILABLE: 'ServiceUnavailableException',
}

/** A request that contradicts itself, or an earlier one: 422. */
export function contradiction(message: string): NacreError {
  return new NacreError('NACRE_INPUT', message, { details: { isContradiction: true } })
}

/** What is known of the operation that failed. */
export interface Failed {
  readonly subject: Subject
  readonly isChange: boolean
  /** A change that may have happened or not: the database's answer to its commit was lost. */
  readonly isUndecided: boolean
}

/**
 * Any error in the model of the specification: https://iceberg.apache.org/rest-catalog-spec. Engines take a status of 500 or more
 * for a commit that may have happened; 503 with Retry-After asks them to try again.
 */
export function icebergError(thrown: unknown, { subject, isChange, isUndecided }: Failed): IcebergError {
  const refusal = fastifyRefusal(thrown)
  const error = refusal ?? toNacreError(thrown)
  const message = referenceWords(error, subject)
  const answer = (code: number, type: string): IcebergError => ({ error: { message, type, code } })
  const { code, status, details } = error
  if (isUndecided && status >= 500) return answer(500, 'CommitStateUnknownException')
  if (code === 'NACRE_NOT_FOUND')
    return answer(404, `NoSuch${(details['subject'] as Subject | undefined) ?? subject}Exception`)
  if (code === 'NACRE_CONFLICT' && details['isNotEmpty'] === true)
    return answer(409, 'NamespaceNotEmptyException')
  if (details['isContradiction'] === true) return answer(422, 'UnprocessableEntityException')
  // Nothing was changed, and what is damaged stays so.
  if (code === 'NACRE_CORRUPT' && isChange) return answer(422, 'UnprocessableEntityException')
  // What is said in the specification's words, and cannot be done.
  if (code === 'NACRE_INPUT' && refusal === null) return answer(400, 'IllegalArgumentException')
  if (status >= 500 && isChange) return answer(503, 'ServiceUnavailableException')
  return answer(status, types[code] ?? (status < 500 ? 'BadRequestException' : 'InternalServerError'))
}

/** Fastify's own refusals: malformed JSON, a body too large, input that breaks the endpoint's schema. */
function fastifyRefusal(thrown: unknown): NacreError | null {
  if (thrown instanceof NacreError || !(thrown instanceof Error)) return null
  const { statusCode } = thrown as Partial<FastifyError>
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return null
  const code =
    statusCode === 413 ? 'NACRE_TOO_LARGE' : statusCode === 429 ? 'NACRE_OVERLOADED' : 'NACRE_INPUT'
  return new NacreError(code, thrown.message, { cause: thrown })
}
