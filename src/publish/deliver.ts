import { backoffMs, toNacreError } from '../base/index.ts'
import {
  markDead,
  markDelivered,
  markDeliveryFailed,
  markSkipped,
  type WaitingDelivery,
} from './deliveries.ts'
import { notificationOf } from './notification.ts'
import type { PublisherWorld } from './publisher-options.ts'
import type { RouteOrSkip } from './route.ts'

/**
 * Sends one notification on one route and records how it went. After a failure it is sent again later; after too many, or too
 * long, it becomes a dead letter, and the route goes on with the next.
 */
export async function deliver(
  delivery: WaitingDelivery,
  findRoute: () => RouteOrSkip,
  world: PublisherWorld,
  signal: AbortSignal,
): Promise<void> {
  const { database, clock, onChange } = world
  const { table, replays } = delivery
  try {
    const route = findRoute()
    if ('skip' in route) {
      await markSkipped(database, delivery, route.skip, new Date(clock.now()))
    } else {
      const notification = notificationOf(delivery, { publicUrl: world.publicUrl(), replays })
      await route.send({ notification, body: JSON.stringify(notification) }, signal)
      await markDelivered(database, delivery, new Date(clock.now()))
    }
  } catch (thrown) {
    if (signal.aborted) return
    await recordFailure(delivery, toNacreError(thrown).message, world)
  }
  onChange(table)
}

async function recordFailure(
  delivery: WaitingDelivery,
  error: string,
  { database, clock, log, random, retry, giveUp }: PublisherWorld,
): Promise<void> {
  const attempt = delivery.attempts + 1
  const now = clock.now()
  const facts = {
    table: delivery.table,
    snapshotId: delivery.snapshotId,
    route: delivery.route,
    attempt,
    error,
  }
  const ageMs = now - (delivery.firstAttemptAt?.getTime() ?? now)
  if (attempt >= giveUp.attempts || ageMs >= giveUp.ageMs) {
    log.error(facts, 'a notification is given up; replay it once the receiver takes it')
    await markDead(database, delivery, { error, at: new Date(now) })
    return
  }
  log.warn(facts, 'a notification could not be sent; trying again')
  const nextAttemptAt = new Date(now + backoffMs(attempt, { ...retry, random }))
  await markDeliveryFailed(database, delivery, { error, at: new Date(now), nextAttemptAt })
}
