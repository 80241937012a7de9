import { backoffMs, toNacreError } from '../base/index.ts'
import { markDelivered, markDeliveryFailed, markSkipped, type WaitingDelivery } from './deliveries.ts'
import type { Notification } from './feed-definition.ts'
import type { PublisherWorld } from './publisher-options.ts'
import type { RouteOrSkip } from './route.ts'

/** Sends one notification on one route and records how it went; after a failure it is sent again later. */
export async function deliver(
  delivery: WaitingDelivery,
  findRoute: () => RouteOrSkip,
  { database, clock, log, random, retry, onChange }: PublisherWorld,
  signal: AbortSignal,
): Promise<void> {
  const { table, route: name, notification: body } = delivery
  try {
    const route = findRoute()
    if ('skip' in route) {
      await markSkipped(database, delivery, route.skip, new Date(clock.now()))
    } else {
      await route.send({ notification: JSON.parse(body) as Notification, body }, signal)
      await markDelivered(database, delivery, new Date(clock.now()))
    }
  } catch (thrown) {
    if (signal.aborted) return
    const attempt = delivery.attempts + 1
    const { message } = toNacreError(thrown)
    log.warn(
      { table, route: name, attempt, error: message },
      'a notification could not be sent; trying again',
    )
    const waitMs = backoffMs(attempt, { ...retry, random })
    await markDeliveryFailed(database, delivery, {
      error: message,
      nextAttemptAt: new Date(clock.now() + waitMs),
    })
  }
  onChange(table)
}
