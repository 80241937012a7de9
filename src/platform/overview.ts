import type { Database } from '../database/index.ts'
import { lateJobs, runsOverview, type RunsOverview } from '../jobs/index.ts'
import type { FeedStatus } from '../publish/index.ts'
import type { Catalog, SnapshotInfo } from '../tables/index.ts'
import type { EventCounters, EventService } from './event-service.ts'

/** What operators look at first. */
export interface PlatformOverview {
  readonly runs: RunsOverview
  readonly late: readonly {
    readonly app: string
    readonly job: string
    readonly since: string
    readonly why: string
  }[]
  readonly events: EventCounters
  readonly tables: {
    readonly count: number
    readonly rows: number
    /** Of the tables whose size is known. */
    readonly sizeBytes: number
    readonly recent: readonly { readonly table: string; readonly snapshot: SnapshotInfo }[]
  }
  readonly feeds: { readonly published: number; readonly pending: number; readonly failing: number }
}

export async function readOverview({
  database,
  catalog,
  events,
  listFeeds,
}: {
  database: Database
  catalog: Catalog
  events: EventService
  listFeeds: () => Promise<readonly FeedStatus[]>
}): Promise<PlatformOverview> {
  const [runs, late, tables, feeds] = await Promise.all([
    runsOverview(database),
    lateJobs(database),
    catalog.tables(),
    listFeeds(),
  ])
  const sum = (key: 'rows' | 'sizeBytes'): number =>
    tables.reduce((total, table) => total + (table[key] ?? 0), 0)
  return {
    runs,
    late,
    events: events.counters(),
    tables: {
      count: tables.length,
      rows: sum('rows'),
      sizeBytes: sum('sizeBytes'),
      recent: tables
        .flatMap(({ name, changed }) => (changed === null ? [] : [{ table: name, snapshot: changed }]))
        .toSorted((a, b) => b.snapshot.committedAt.localeCompare(a.snapshot.committedAt))
        .slice(0, 8),
    },
    feeds: {
      published: feeds.filter(({ latest }) => latest !== null).length,
      pending: feeds.reduce((total, { pending }) => total + pending, 0),
      failing: feeds.filter(
        ({ failing, routes }) => failing !== null || routes.some((route) => route.failing !== null),
      ).length,
    },
  }
}
