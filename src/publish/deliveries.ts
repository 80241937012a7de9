import type { Queryable } from '../database/index.ts'

/** A notification that waits to be sent on one route. */
export interface WaitingDelivery {
  readonly position: bigint
  readonly table: string
  readonly route: string
  readonly attempts: number
  readonly nextAttemptAt: Date | null
  /** The body, as it is sent. */
  readonly notification: string
}

/** The oldest waiting delivery of each (feed, route): later ones must not overtake it. */
export function nextDeliveries(database: Queryable, tables: readonly string[]): Promise<WaitingDelivery[]> {
  return database.query(
    `select distinct on (s.table_name, d.route) d.position, s.table_name as "table", d.route, d.attempts,
       d.next_attempt_at as "nextAttemptAt", s.notification
     from feed_delivery d join feed_snapshot s on s.position = d.position
     where d.state = 'waiting' and s.table_name = any($1) order by s.table_name, d.route, d.position`,
    [tables],
  )
}

export async function addDelivery(database: Queryable, position: bigint, route: string): Promise<void> {
  await database.query('insert into feed_delivery (position, route) values ($1, $2) on conflict do nothing', [
    position,
    route,
  ])
}

export async function markDelivered(database: Queryable, delivery: WaitingDelivery, at: Date): Promise<void> {
  await database.query(
    `update feed_delivery set state = 'delivered', attempts = attempts + 1, last_error = null, settled_at = $3
     where position = $1 and route = $2`,
    [delivery.position, delivery.route, at],
  )
}

export async function markSkipped(
  database: Queryable,
  delivery: WaitingDelivery,
  reason: string,
  at: Date,
): Promise<void> {
  await database.query(
    `update feed_delivery set state = 'skipped', last_error = $3, settled_at = $4 where position = $1 and route = $2`,
    [delivery.position, delivery.route, reason, at],
  )
}

export async function markDeliveryFailed(
  database: Queryable,
  delivery: WaitingDelivery,
  failure: { error: string; nextAttemptAt: Date },
): Promise<void> {
  await database.query(
    `update feed_delivery set attempts = attempts + 1, last_error = $3, next_attempt_at = $4 where position = $1 and route = $2`,
    [delivery.position, delivery.route, failure.error, failure.nextAttemptAt],
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
