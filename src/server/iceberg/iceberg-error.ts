import type { FastifyError } from 'fastify'
import { NacreError, toNacreError, type ErrorCode } from '../../base/index.ts'
import { referenceWords } from './reference-words.ts'

/** An error as the specification shapes it. */
export interface IcebergError {
  readonly error: { readonly message: string; readonly type: string; readonly code: number }
}

/** What an operation is about: what is missing when it says that something is not there. */
export type Subject = 'Namespace' | 'Table' | 'View'

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

/** Any error in the model of the specification: https://iceberg.apache.org/rest-catalog-spec. */
export function icebergError(thrown: unknown, subject: Subject): IcebergError {
  const error = fastifyRefusal(thrown) ?? toNacreError(thrown)
  const message = referenceWords(error)
  const missing = (error.details['subject'] as Subject | undefined) ?? subject
  if (error.code === 'NACRE_NOT_FOUND')
    return { error: { message, type: `NoSuch${missing}Exception`, code: 404 } }
  if (error.code === 'NACRE_CONFLICT' && error.details['isNotEmpty'] === true)
    return { error: { message, type: 'NamespaceNotEmptyException', code: 409 } }
  if (error.details['isContradiction'] === true)
    return { error: { message, type: 'UnprocessableEntityException', code: 422 } }
  const code = error.status
  const type = types[error.code]
  return {
    error: { message, type: type ?? (code < 500 ? 'BadRequestException' : 'InternalServerError'), code },
  }
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
