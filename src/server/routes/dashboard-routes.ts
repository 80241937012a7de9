import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Platform } from '../../platform/index.ts'
import { authorize } from '../authenticate.ts'
import type {
  DashboardDefinition,
  DashboardInfo,
  FilterSuggestions,
  FilterValues,
  TileAnswer,
} from '../contract.ts'

export function dashboardRoutes(server: FastifyInstance, { tokens, dashboards }: Platform): void {
  server.get('/dashboards', async (request): Promise<readonly DashboardInfo[]> => {
    await authorize(request, tokens, 'viewer')
    return dashboards.list()
  })

  server.get<{ Params: { name: string } }>(
    '/dashboards/:name',
    async (request): Promise<DashboardDefinition> => {
      await authorize(request, tokens, 'viewer')
      return dashboards.definition(request.params.name)
    },
  )

  server.get<{ Params: { name: string } }>(
    '/dashboards/:name/suggestions',
    async (request): Promise<FilterSuggestions> => {
      await authorize(request, tokens, 'viewer')
      return dashboards.suggestions(request.params.name)
    },
  )

  server.post<{ Params: { name: string; index: number }; Body: { filters: FilterValues } }>(
    '/dashboards/:name/tiles/:index',
    {
      schema: {
        params: Type.Object({ name: Type.String(), index: Type.Integer({ minimum: 0 }) }),
        body: Type.Object({ filters: Type.Record(Type.String(), Type.String({ maxLength: 200 })) }),
      },
    },
    async (request): Promise<TileAnswer> => {
      await authorize(request, tokens, 'viewer')
      const gone = new AbortController()
      request.raw.once('close', () => gone.abort())
      return dashboards.tile(request.params.name, request.params.index, request.body.filters, gone.signal)
    },
  )
}
