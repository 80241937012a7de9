import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { NacreError, toNacreError, type Log } from '../base/index.ts'
import type { ErrorBody } from './contract.ts'

/** Answers an error in the one shape of the API; faults of Nacre itself are logged with their cause. */
export function replyError(
  thrown: FastifyError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const error = fastifyInput(thrown) ?? toNacreError(thrown)
  if (error.status >= 500)
    log.error({ err: thrown, method: request.method, url: request.url }, 'a request failed')
  if (error.status === 429) void reply.header('retry-after', '5')
  return reply.status(error.status).send({ error: error.toJSON() } satisfies ErrorBody)
}

/** Fastify's own refusals: malformed JSON, a body too large, input that breaks the route's schema. */
function fastifyInput(thrown: FastifyError | Error): NacreError | null {
  const { statusCode, validation } = thrown as Partial<FastifyError>
  if (thrown instanceof NacreError || statusCode === undefined || statusCode < 400 || statusCode >= 500)
    return null
  if (statusCode === 413)
    return new NacreError('NACRE_TOO_LARGE', `The request's body is too large: ${thrown.message}`, {
      cause: thrown,
    })
  if (statusCode === 429)
    return new NacreError('NACRE_OVERLOADED', 'Too many requests; try again in a moment.', { cause: thrown })
  return new NacreError('NACRE_INPUT', thrown.message, {
    ...(validation === undefined ? {} : { details: { validation } }),
    cause: thrown,
  })
}
