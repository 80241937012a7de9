import type { Queryable, SqlParameter } from '../database/index.ts'
import { publicationColumns, type StoredPublication } from './notification.ts'

/** A notification that waits to be sent on one route. */
export interface WaitingDelivery extends StoredPublication {
  readonly route: string
  readonly attempts: number
  readonly replays: number
  readonly firstAttemptAt: Date | null
  readonly nextAttemptAt: Date | null
}

/** The oldest waiting delivery of each (feed, route): later ones must not overtake it. */
export function nextDeliveries(database: Queryable, tables: readonly string[]): Promise<WaitingDelivery[]> {
  return database.query(
    `select distinct on (s.table_name, d.route) ${publicationColumns}, d.route, d.attempts, d.replays,
       d.first_attempt_at as "firstAttemptAt", d.next_attempt_at as "nextAttemptAt"
     from feed_delivery d join feed_snapshot s on s.position = d.position
     where d.state = 'waiting' and s.state = 'exported' and s.table_name = any($1)
     order by s.table_name, d.route, d.position`,
    [tables],
  )
}

export async function addDelivery(database: Queryable, position: bigint, route: string): Promise<void> {
  await database.query('insert into feed_delivery (position, route) values ($1, $2) on conflict do nothing', [
    position,
    route,
  ])
}

/** A notification shall be sent again on a route, as if it had never been. */
export async function repeatDelivery(database: Queryable, position: bigint, route: string): Promise<void> {
  await database.query(
    `insert into feed_delivery (position, route, replays) values ($1, $2, 1)
     on conflict (position, route) do update set state = 'waiting', attempts = 0, replays = feed_delivery.replays + 1,
       last_error = null, first_attempt_at = null, next_attempt_at = null, settled_at = null`,
    [position, route],
  )
}

/** A replay that comes while a notification is being sent makes it another: how that sending ends is nothing to it. */
const isStillThis = `position = $1 and route = $2 and replays = $3 and state = 'waiting'`

function identityOf({ position, route, replays }: WaitingDelivery): readonly SqlParameter[] {
  return [position, route, replays]
}

export async function markDelivered(database: Queryable, delivery: WaitingDelivery, at: Date): Promise<void> {
  await database.query(
    `update feed_delivery set state = 'delivered', attempts = attempts + 1, last_error = null, settled_at = $4
     where ${isStillThis}`,
    [...identityOf(delivery), at],
  )
}

export async function markSkipped(
  database: Queryable,
  delivery: WaitingDelivery,
  reason: string,
  at: Date,
): Promise<void> {
  await database.query(
    `update feed_delivery set state = 'skipped', last_error = $4, settled_at = $5 where ${isStillThis}`,
    [...identityOf(delivery), reason, at],
  )
}

export async function markDeliveryFailed(
  database: Queryable,
  delivery: WaitingDelivery,
  failure: { error: string; at: Date; nextAttemptAt: Date },
): Promise<void> {
  await database.query(
    `update feed_delivery set attempts = attempts + 1, last_error = $4, first_attempt_at = coalesce(first_attempt_at, $5),
       next_attempt_at = $6 where ${isStillThis}`,
    [...identityOf(delivery), failure.error, failure.at, failure.nextAttemptAt],
  )
}

/** The delivery is given up, until somebody has it sent again. */
export async function markDead(
  database: Queryable,
  delivery: WaitingDelivery,
  failure: { error: string; at: Date },
): Promise<void> {
  await database.query(
    `update feed_delivery set state = 'dead', attempts = attempts + 1, last_error = $4, next_attempt_at = null, settled_at = $5
     where ${isStillThis}`,
    [...identityOf(delivery), failure.error, failure.at],
  )
}

/** Skips all that waits on a route of a feed. */
export async function skipRoute(
  database: Queryable,
  table: string,
  route: string,
  reason: string,
  at: Date,
): Promise<void> {
  await database.query(
    `update feed_delivery d set state = 'skipped', last_error = $3, settled_at = $4 from feed_snapshot s
     where s.position = d.position and s.table_name = $1 and d.route = $2 and d.state = 'waiting'`,
    [table, route, reason, at],
  )
}
