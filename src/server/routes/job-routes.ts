import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Platform } from '../../platform/index.ts'
import { authorize } from '../authenticate.ts'
import type { JobDetail, JobInfo, RunAnswer, RunRequest } from '../contract.ts'

interface JobParams {
  readonly app: string
  readonly job: string
}

export function jobRoutes(server: FastifyInstance, { tokens, jobs }: Platform): void {
  const params = Type.Object({ app: Type.String(), job: Type.String() })

  server.get('/jobs', async (request): Promise<readonly JobInfo[]> => {
    await authorize(request, tokens, 'viewer')
    return jobs.list()
  })

  server.get<{ Params: JobParams }>(
    '/jobs/:app/:job',
    { schema: { params } },
    async (request): Promise<JobDetail> => {
      await authorize(request, tokens, 'viewer')
      return jobs.detail(request.params.app, request.params.job)
    },
  )

  server.post<{ Params: JobParams; Body: RunRequest }>(
    '/jobs/:app/:job/run',
    {
      schema: {
        params,
        body: Type.Object({
          days: Type.Optional(Type.Array(Type.String({ format: 'date' }), { maxItems: 3660 })),
        }),
      },
    },
    async (request): Promise<RunAnswer> => {
      const { app, job } = request.params
      const { team } = (await jobs.detail(app, job)).job.job
      const { name } = await authorize(request, tokens, 'editor', team)
      return jobs.request(app, job, { ...request.body, by: name })
    },
  )

  server.post<{ Params: JobParams; Body: { paused: boolean } }>(
    '/jobs/:app/:job/pause',
    { schema: { params, body: Type.Object({ paused: Type.Boolean() }) } },
    async (request) => {
      const { app, job } = request.params
      const { team } = (await jobs.detail(app, job)).job.job
      await authorize(request, tokens, 'editor', team)
      await jobs.setPaused(app, job, request.body.paused)
      return {}
    },
  )
}
