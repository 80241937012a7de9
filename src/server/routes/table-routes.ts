import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Platform } from '../../platform/index.ts'
import { authorize } from '../authenticate.ts'
import type { SqlAnswer, TableDetail, TableInfo } from '../contract.ts'

interface TableParams {
  readonly name: string
}

export function tableRoutes(server: FastifyInstance, platform: Platform): void {
  const { tokens, catalog, queries, apps } = platform
  const params = Type.Object({ name: Type.String() })

  server.get('/tables', async (request): Promise<readonly TableInfo[]> => {
    await authorize(request, tokens, 'viewer')
    return catalog.tables()
  })

  server.get<{ Params: TableParams }>(
    '/tables/:name',
    { schema: { params } },
    async (request): Promise<TableDetail> => {
      await authorize(request, tokens, 'viewer')
      const { name } = request.params
      const [table, snapshots, jobs] = await Promise.all([
        catalog.table(name),
        catalog.snapshots(name, { limit: 50 }),
        platform.jobs.list(),
      ])
      const naming = (side: 'reads' | 'writes'): string[] =>
        jobs
          .filter(({ job }) => Object.values(job[side]).includes(name))
          .map(({ app, job }) => `${app}/${job.name}`)
      return {
        table,
        snapshots,
        writers: naming('writes'),
        readers: naming('reads'),
        isFeed: apps.feeds().some((feed) => feed.table === name),
      }
    },
  )

  server.get<{ Params: TableParams; Querystring: { limit: number } }>(
    '/tables/:name/preview',
    {
      schema: {
        params,
        querystring: Type.Object({ limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }) }),
      },
    },
    async (request): Promise<SqlAnswer> => {
      await authorize(request, tokens, 'viewer')
      return queries.preview(request.params.name, request.query.limit)
    },
  )

  server.post<{ Body: { sql: string; limit: number } }>(
    '/sql',
    {
      schema: {
        body: Type.Object({
          sql: Type.String({ minLength: 1, maxLength: 100_000 }),
          limit: Type.Integer({ default: 1000, minimum: 1, maximum: 10_000 }),
        }),
      },
    },
    async (request): Promise<SqlAnswer> => {
      await authorize(request, tokens, 'viewer')
      const gone = new AbortController()
      request.raw.once('close', () => gone.abort())
      return queries.sql(request.body.sql, { limit: request.body.limit, signal: gone.signal })
    },
  )
}
