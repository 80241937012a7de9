import type { FastifyInstance, FastifyRequest } from 'fastify'
import { NacreError } from '../../base/index.ts'
import type {
  AttemptAssignment,
  CompleteRequest,
  FailRequest,
  HeartbeatReply,
  LogsRequest,
} from '../../jobs/index.ts'
import type { Platform } from '../../platform/index.ts'
import { secretOf } from '../authenticate.ts'

interface AttemptParams {
  readonly id: string
}

/** The attempt protocol: what a job's process calls, with a token that is good for its attempt alone. */
export function attemptRoutes(server: FastifyInstance, platform: Platform): void {
  const { scheduler, attempts } = platform
  const own = async (request: FastifyRequest<{ Params: AttemptParams }>): Promise<string> => {
    const { id } = request.params
    const secret = secretOf(request)
    if (secret === null || !(await scheduler.authenticateAttempt(id, secret))) {
      throw new NacreError('NACRE_NOT_SIGNED_IN', `This token is not the one of attempt ${id}.`)
    }
    return id
  }
  const hidden = { schema: { hide: true } as object }

  server.post<{ Params: AttemptParams }>(
    '/attempts/:id/claim',
    hidden,
    async (request): Promise<AttemptAssignment> => attempts.claim(await own(request)),
  )

  server.post<{ Params: AttemptParams }>(
    '/attempts/:id/heartbeat',
    hidden,
    async (request): Promise<HeartbeatReply> => scheduler.heartbeat(await own(request)),
  )

  server.post<{ Params: AttemptParams; Body: LogsRequest }>('/attempts/:id/logs', hidden, async (request) => {
    await scheduler.appendLogs(await own(request), request.body.lines)
    return {}
  })

  server.post<{ Params: AttemptParams; Body: CompleteRequest }>(
    '/attempts/:id/complete',
    { ...hidden, bodyLimit: 256 * 1024 ** 2 },
    async (request) => {
      await attempts.complete(await own(request), request.body.changes)
      return {}
    },
  )

  server.post<{ Params: AttemptParams; Body: FailRequest }>('/attempts/:id/fail', hidden, async (request) => {
    await scheduler.failAttempt(await own(request), request.body.error)
    return {}
  })

  server.get<{ Params: AttemptParams & { hash: string } }>(
    '/attempts/:id/bundle/:hash',
    hidden,
    async (request, reply) => {
      await own(request)
      return reply
        .type('application/gzip')
        .send(Buffer.from(await platform.bundles.archive(request.params.hash)))
    },
  )
}
