import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type {
  DashboardDefinition,
  DashboardInfo,
  DoctorReport,
  FeedDetail,
  FeedInfo,
  FilePage,
  FilterSuggestions,
  FilterValues,
  JobDetail,
  JobInfo,
  MaintenancePlan,
  MaintenanceState,
  Overview,
  PartitionOrder,
  PartitionPage,
  RecentEvent,
  RejectedEvents,
  RunInfo,
  SchemaVersion,
  SessionInfo,
  SnapshotPage,
  SqlAnswer,
  TableDetail,
  TableList,
  TableSnippet,
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
  tables: () => ask<TableList>(['tables'], 'tables'),
  table: (name: string) => ask<TableDetail>(['tables', name], path`tables/${name}`),
  schemas: (name: string) =>
    ask<readonly SchemaVersion[]>(['tables', name, 'schemas'], path`tables/${name}/schemas`),
  snapshots: (name: string) =>
    infiniteQueryOptions({
      queryKey: ['tables', name, 'snapshots'] as const,
      queryFn: ({ pageParam, signal }) =>
        request<SnapshotPage>(
          `${path`tables/${name}/snapshots`}?limit=30${pageParam === null ? '' : `&before=${pageParam}`}`,
          { signal },
        ),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextBefore }) => nextBefore,
    }),
  /** The old answer stays on screen while the new one is on its way. */
  partitions: (name: string, order: PartitionOrder, limit: number) =>
    queryOptions({
      ...ask<PartitionPage>(
        ['tables', name, 'partitions', order, String(limit)],
        `${path`tables/${name}/partitions`}?order=${order}&limit=${limit}`,
      ),
      placeholderData: keepPreviousData,
    }),
  files: (name: string, partition: string, limit: number) =>
    queryOptions({
      ...ask<FilePage>(
        ['tables', name, 'files', partition, String(limit)],
        path`tables/${name}/files?partition=${partition}&limit=${limit}`,
      ),
      placeholderData: keepPreviousData,
    }),
  maintenance: (name: string) =>
    ask<MaintenanceState>(['tables', name, 'maintenance'], path`tables/${name}/maintenance`),
  maintenancePlan: (name: string) =>
    ask<MaintenancePlan>(['tables', name, 'maintenance', 'plan'], path`tables/${name}/maintenance/plan`),
  snippets: (name: string, snapshotId: string | null) =>
    ask<readonly TableSnippet[]>(
      ['tables', name, 'snippets', snapshotId ?? ''],
      `${path`tables/${name}/snippets`}${snapshotId === null ? '' : `?snapshotId=${snapshotId}`}`,
    ),
  preview: (name: string, snapshotId: string | null) =>
    ask<SqlAnswer>(
      ['tables', name, 'preview', snapshotId ?? ''],
      `${path`tables/${name}/preview`}?limit=100${snapshotId === null ? '' : `&snapshotId=${snapshotId}`}`,
    ),
  recentEvents: () => ask<readonly RecentEvent[]>(['recent-events'], 'events/recent?limit=100'),
  rejectedEvents: () => ask<RejectedEvents>(['rejected-events'], 'events/rejected?limit=100'),
  feeds: () => ask<readonly FeedInfo[]>(['feeds'], 'feeds'),
  feed: (table: string) => ask<FeedDetail>(['feeds', table], path`feeds/${table}`),
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
