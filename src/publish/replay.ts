import { NacreError } from '../base/index.ts'
import { repeatDelivery } from './deliveries.ts'
import { routeName, type FeedManifest } from './feed-definition.ts'
import { findPosition } from './publications.ts'
import type { PublisherWorld } from './publisher-options.ts'
import { lockFeed, subscriberRoutes } from './subscribers.ts'

/** What is to be sent again. */
export type ReplayRequest = { readonly route?: string | undefined } & (
  | { readonly snapshotId: string }
  /** That snapshot and all published after it. */
  | { readonly since: string }
  /** All dead letters. */
  | { readonly dead: true }
)

/** What is on its way again. */
export interface ReplayAnswer {
  readonly snapshots: readonly string[]
  readonly routes: readonly string[]
  /** Those whose files are exported anew first. */
  readonly exportedAgain: readonly string[]
}

interface Candidate {
  readonly position: bigint
  readonly snapshotId: string
  readonly state: 'waiting' | 'exported' | 'removing' | 'removed' | 'lost' | 'withdrawn'
  readonly facts: string | null
  readonly deadRoutes: readonly string[] | null
}

/**
 * Makes notifications due again, and the files of those that were swept. Throws NACRE_NOT_FOUND when a snapshot was never
 * published or lives no more, NACRE_INPUT for an unknown route.
 */
export async function replay(
  feed: FeedManifest,
  request: ReplayRequest,
  { database, schemaOf }: PublisherWorld,
): Promise<ReplayAnswer> {
  const { table } = feed
  const chosen = await candidates(table, request, database)
  const gone = chosen.filter(
    ({ state, facts }) => state === 'removing' || state === 'removed' || facts === null,
  )
  for (const { snapshotId, state } of chosen) {
    if (state === 'lost' || state === 'withdrawn') throw notLiving(table, snapshotId)
    if (gone.some((each) => each.snapshotId === snapshotId)) await schemaOf(table, snapshotId)
  }
  return database.transaction(async (transaction) => {
    await lockFeed(transaction, table)
    const known = [...feed.routes.map(routeName), ...(await subscriberRoutes(transaction, table))]
    const { route } = request
    if (route !== undefined && !known.includes(route)) {
      throw new NacreError(
        'NACRE_INPUT',
        `Feed '${table}' has no route '${route}'; it has ${known.map((name) => `'${name}'`).join(', ') || 'none'}.`,
      )
    }
    const sent = new Set<string>()
    for (const { position, deadRoutes } of chosen) {
      const routes = known.filter(
        (name) =>
          (route === undefined || route === name) && (!('dead' in request) || deadRoutes?.includes(name)),
      )
      for (const name of routes) {
        await repeatDelivery(transaction, position, name)
        sent.add(name)
      }
    }
    // Those that are being removed wait for it: see markRemoved.
    for (const { position } of chosen) {
      await transaction.query(
        `update feed_snapshot set state = 'waiting', attempts = 0, next_attempt_at = null
         where position = $1 and (state = 'removed' or state = 'exported' and facts is null)`,
        [position],
      )
    }
    const idsOf = (list: readonly Candidate[]): string[] => list.map(({ snapshotId }) => snapshotId)
    return { snapshots: idsOf(chosen), routes: [...sent], exportedAgain: idsOf(gone) }
  })
}

async function candidates(
  table: string,
  request: ReplayRequest,
  database: PublisherWorld['database'],
): Promise<Candidate[]> {
  const select = `select s.position, s.snapshot_id as "snapshotId", s.state, s.facts,
    (select array_agg(d.route) from feed_delivery d where d.position = s.position and d.state = 'dead') as "deadRoutes"
    from feed_snapshot s where s.table_name = $1`
  if ('dead' in request) {
    return database.query(
      `${select} and exists (select from feed_delivery d where d.position = s.position and d.state = 'dead'
         and ($2::text is null or d.route = $2)) order by s.position`,
      [table, request.route ?? null],
    )
  }
  const position = await findPosition(
    database,
    table,
    'since' in request ? request.since : request.snapshotId,
  )
  // What has yet to be announced comes by itself, and what was lost among others cannot come.
  return 'since' in request
    ? database.query(
        `${select} and s.position >= $2 and (s.position = $2 or s.state in ('exported', 'removing', 'removed')) order by s.position`,
        [table, position],
      )
    : database.query(`${select} and s.position = $2`, [table, position])
}

function notLiving(table: string, snapshotId: string): NacreError {
  return new NacreError(
    'NACRE_NOT_FOUND',
    `Snapshot ${snapshotId} of '${table}' expired before it was exported and cannot be replayed; replay a newer one.`,
  )
}
