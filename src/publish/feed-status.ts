import type { Queryable } from '../database/index.ts'
import { routeName, type FeedManifest } from './feed-definition.ts'

/** How a feed is doing. */
export interface FeedStatus {
  readonly table: string
  readonly doc: string | null
  /** `empty`, nothing is published; `sending`, something is on its way; `failing`, an export or a route fails or gave up. */
  readonly state: 'empty' | 'ready' | 'sending' | 'failing'
  readonly latest: {
    readonly snapshotId: string
    readonly rows: number
    readonly sizeBytes: number
    readonly publishedAt: string
    /** From the commit to the publication. */
    readonly lagMs: number
  } | null
  /** Snapshots that are not yet announced on every route. */
  readonly pending: number
  /** Why the next export fails, or why the newest snapshot is lost; null when all is well. */
  readonly failing: string | null
  readonly routes: readonly RouteStatus[]
}

/** How a feed's notifications get on along one route. */
export interface RouteStatus {
  readonly route: string
  readonly delivered: number
  readonly lastDeliveredAt: string | null
  /** From the commit of what was delivered last to its delivery; null for a replay. */
  readonly lagMs: number | null
  readonly waiting: number
  /** Notifications that were given up, and can be replayed. */
  readonly dead: number
  /** The error of the last attempt, while a notification waits. */
  readonly failing: string | null
  /** Why notifications are skipped, such as that no broker is configured. */
  readonly skipped: string | null
}

interface SnapshotFacts {
  readonly table: string
  readonly snapshotId: string | null
  readonly rows: bigint
  readonly sizeBytes: bigint
  readonly exportedAt: Date
  readonly committedAt: Date
  readonly pending: bigint
  readonly error: string | null
}

interface RouteFacts {
  readonly table: string
  readonly route: string
  readonly delivered: bigint
  readonly lastDeliveredAt: Date | null
  readonly lagMs: number | null
  readonly waiting: bigint
  readonly dead: bigint
  readonly failing: string | null
  readonly skipped: string | null
}

/** How each of the feeds is doing, as far as history is kept. */
export async function feedStatuses(
  database: Queryable,
  feeds: readonly FeedManifest[],
): Promise<readonly FeedStatus[]> {
  const tables = feeds.map((feed) => feed.table)
  const snapshots = new Map((await snapshotFacts(database, tables)).map((row) => [row.table, row]))
  const routes = await routeFacts(database, tables)
  return feeds.map(({ table, doc, routes: declared }) => {
    const facts = snapshots.get(table)
    const known = routes.filter((row) => row.table === table)
    const names = new Set([...declared.map(routeName), ...known.map((row) => row.route)])
    const statuses = [...names].map((route): RouteStatus => {
      const row = known.find((candidate) => candidate.route === route)
      return {
        route,
        delivered: Number(row?.delivered ?? 0),
        lastDeliveredAt: row?.lastDeliveredAt?.toISOString() ?? null,
        lagMs: row?.lagMs ?? null,
        waiting: Number(row?.waiting ?? 0),
        dead: Number(row?.dead ?? 0),
        failing: row?.failing ?? null,
        skipped: row?.skipped ?? null,
      }
    })
    const latest = latestOf(facts)
    const pending = Number(facts?.pending ?? 0)
    const failing = facts?.error ?? null
    const fails = failing !== null || statuses.some((route) => route.failing !== null || route.dead > 0)
    const state = fails ? 'failing' : pending > 0 ? 'sending' : latest === null ? 'empty' : 'ready'
    return { table, doc, state, latest, pending, failing, routes: statuses }
  })
}

function latestOf(facts: SnapshotFacts | undefined): FeedStatus['latest'] {
  if (facts === undefined || facts.snapshotId === null) return null
  return {
    snapshotId: facts.snapshotId,
    rows: Number(facts.rows),
    sizeBytes: Number(facts.sizeBytes),
    publishedAt: facts.exportedAt.toISOString(),
    lagMs: facts.exportedAt.getTime() - facts.committedAt.getTime(),
  }
}

function snapshotFacts(database: Queryable, tables: readonly string[]): Promise<SnapshotFacts[]> {
  return database.query(
    `with latest as (
       select distinct on (table_name) table_name, position, snapshot_id, row_count, size_bytes, exported_at, committed_at
       from feed_snapshot where state = 'exported' and table_name = any($1) order by table_name, position desc
     )
     select s.table_name as "table", latest.snapshot_id as "snapshotId", latest.row_count as "rows",
       latest.size_bytes as "sizeBytes", latest.exported_at as "exportedAt", latest.committed_at as "committedAt",
       count(*) filter (where state = 'waiting' or exists (
         select from feed_delivery d where d.position = s.position and d.state = 'waiting')) as pending,
       max(last_error) filter (where s.position > coalesce(latest.position, 0)) as error
     from feed_snapshot s left join latest using (table_name)
     where s.table_name = any($1)
     group by s.table_name, latest.snapshot_id, latest.row_count, latest.size_bytes, latest.exported_at, latest.committed_at`,
    [tables],
  )
}

function routeFacts(database: Queryable, tables: readonly string[]): Promise<RouteFacts[]> {
  return database.query(
    `select s.table_name as "table", d.route, count(*) filter (where d.state = 'delivered') as delivered,
       max(d.settled_at) filter (where d.state = 'delivered') as "lastDeliveredAt",
       (array_agg(extract(epoch from d.settled_at - s.committed_at)::float8 * 1000 order by d.settled_at desc)
         filter (where d.state = 'delivered' and d.replays = 0))[1] as "lagMs",
       count(*) filter (where d.state = 'waiting') as waiting, count(*) filter (where d.state = 'dead') as dead,
       (array_agg(d.last_error order by d.position) filter (where d.state = 'waiting'))[1] as failing,
       case when (array_agg(d.state order by d.position desc))[1] = 'skipped'
         then (array_agg(d.last_error order by d.position desc))[1] end as skipped
     from feed_delivery d join feed_snapshot s on s.position = d.position
     where s.table_name = any($1) group by s.table_name, d.route order by s.table_name, d.route`,
    [tables],
  )
}
