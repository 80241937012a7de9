import type { FastifyInstance, FastifyRequest } from 'fastify'
import { NacreError } from '../../base/index.ts'
import type {
  AttemptAssignment,
  AttemptIdentity,
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

/** Largest list of data files that one run may complete with. */
const maxCompleteBytes = 256 * 1024 ** 2

/** The attempt protocol: what a job's process calls, with a token that is good for its attempt alone. */
export function attemptRoutes(server: FastifyInstance, { attempts, bundles, maintenance }: Platform): void {
  const own = async (request: FastifyRequest<{ Params: AttemptParams }>): Promise<AttemptIdentity> => {
    const secret = secretOf(request)
    if (secret === null)
      throw new NacreError(
        'NACRE_NOT_SIGNED_IN',
        "Send the attempt's token as 'Authorization: Bearer <token>'.",
      )
    return attempts.authenticate(request.params.id, secret)
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
    async (request): Promise<HeartbeatReply> => attempts.heartbeat(await own(request)),
  )

  server.post<{ Params: AttemptParams; Body: LogsRequest }>('/attempts/:id/logs', hidden, async (request) => {
    await attempts.appendLogs(await own(request), request.body.lines)
    return {}
  })

  server.post<{ Params: AttemptParams; Body: CompleteRequest }>(
    '/attempts/:id/complete',
    { ...hidden, bodyLimit: maxCompleteBytes },
    async (request) => {
      await attempts.complete(await own(request), request.body.changes)
      return {}
    },
  )

  server.post<{ Params: AttemptParams; Body: FailRequest }>('/attempts/:id/fail', hidden, async (request) => {
    await attempts.fail(await own(request), request.body.error)
    return {}
  })

  server.post<{ Params: AttemptParams & { step: string }; Body: Record<string, unknown> }>(
    '/attempts/:id/maintenance/:step',
    { ...hidden, bodyLimit: maxCompleteBytes },
    async (request) => maintenance.step(await own(request), request.params.step, request.body),
  )

  server.get<{ Params: AttemptParams & { hash: string } }>(
    '/attempts/:id/bundle/:hash',
    hidden,
    async (request, reply) => {
      const { bundle } = await own(request)
      if (request.params.hash !== bundle)
        throw new NacreError(
          'NACRE_NOT_ALLOWED',
          `This attempt runs bundle ${bundle}, not ${request.params.hash}.`,
        )
      return reply.type('application/gzip').send(Buffer.from(await bundles.archive(bundle)))
    },
  )
}
