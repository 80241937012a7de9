import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  DashboardDefinition,
  DashboardInfo,
  DoctorReport,
  FeedInfo,
  FilterSuggestions,
  FilterValues,
  JobDetail,
  JobInfo,
  Overview,
  RecentEvent,
  RejectedEvents,
  RunInfo,
  SessionInfo,
  SqlAnswer,
  TableDetail,
  TableInfo,
  TileAnswer,
} from '../../src/server/contract.ts'
import { path, request } from './client.ts'

/** Every question the pages ask. The first part of a key is what a `changed` event invalidates; see live-updates.ts. */
export const queries = {
  session: () => ask<SessionInfo>(['session'], 'session'),
  overview: () => ask<Overview>(['overview'], 'overview'),
  doctor: () => ask<DoctorReport>(['doctor'], 'doctor'),
  jobs: () => ask<readonly JobInfo[]>(['jobs'], 'jobs'),
  job: (app: string, job: string) => ask<JobDetail>(['jobs', app, job], path`jobs/${app}/${job}`),
  run: (id: string) => ask<RunInfo>(['runs', id], path`runs/${id}`),
  tables: () => ask<readonly TableInfo[]>(['tables'], 'tables'),
  table: (name: string) => ask<TableDetail>(['tables', name], path`tables/${name}`),
  preview: (name: string) =>
    ask<SqlAnswer>(['tables', name, 'preview'], path`tables/${name}/preview?limit=100`),
  recentEvents: () => ask<readonly RecentEvent[]>(['recent-events'], 'events/recent?limit=100'),
  rejectedEvents: () => ask<RejectedEvents>(['rejected-events'], 'events/rejected?limit=100'),
  feeds: () => ask<readonly FeedInfo[]>(['feeds'], 'feeds'),
  dashboards: () => ask<readonly DashboardInfo[]>(['dashboards'], 'dashboards'),
  dashboard: (name: string) => ask<DashboardDefinition>(['dashboards', name], path`dashboards/${name}`),
  suggestions: (name: string) =>
    ask<FilterSuggestions>(['dashboards', name, 'suggestions'], path`dashboards/${name}/suggestions`),
  /** The old answer stays on screen while the new one is computed. */
  tile: (dashboard: string, index: number, filters: FilterValues) =>
    queryOptions({
      queryKey: ['tiles', dashboard, index, filters] as const,
      queryFn: ({ signal }) =>
        request<TileAnswer>(path`dashboards/${dashboard}/tiles/${index}`, {
          method: 'POST',
          body: { filters },
          signal,
        }),
      placeholderData: keepPreviousData,
    }),
}

function ask<Answer>(key: readonly string[], address: string) {
  return queryOptions({
    queryKey: key,
    queryFn: ({ signal }) => request<Answer>(address, { signal }),
  })
}
