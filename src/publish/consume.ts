/** `nacre/consume`: what a service needs that consumes feeds. */
import { NacreError } from '../base/index.ts'
import type { Notification } from './notification.ts'
import type { RabbitmqSubscription } from './rabbitmq/subscribe-rabbitmq.ts'
import { signedAt } from './webhook/signature.ts'

export {
  consumeFeed,
  type ConsumeFeedEffects,
  type ConsumeFeedOptions,
  type FeedDelivery,
} from './consume-feed.ts'
export type { FeedPosition, PositionStore } from './feed-position.ts'
export type { FeedPart, Notification } from './notification.ts'
export { NacreError } from '../base/index.ts'
export type { RabbitmqSubscription } from './rabbitmq/subscribe-rabbitmq.ts'
export { readFeed, readFeedBatches, type ReadFeedOptions } from './read-feed.ts'

/**
 * Checks a webhook's body (as text, byte for byte) against its header `nacre-signature`, and gives the notification.
 * Give both secrets while one replaces the other. Throws NACRE_NOT_ALLOWED for a body that was signed with none of them, or not within `toleranceSeconds` (default 300) of now.
 */
export function verifySignature(
  body: string,
  header: string | undefined,
  secret: string | readonly string[],
  options: { toleranceSeconds?: number; now?: () => number } = {},
): Notification {
  const { toleranceSeconds = 300, now = Date.now } = options
  const seconds = [secret]
    .flat()
    .map((each) => signedAt(body, each, header ?? ''))
    .find((at) => at !== undefined)
  if (seconds === undefined) {
    throw new NacreError(
      'NACRE_NOT_ALLOWED',
      'The signature is not of this body and secret. Check that both sides hold one secret, and that the body is taken as it came.',
    )
  }
  const ageSeconds = Math.abs(now() / 1000 - seconds)
  if (ageSeconds > toleranceSeconds) {
    throw new NacreError(
      'NACRE_NOT_ALLOWED',
      `The signature was made ${Math.round(ageSeconds)} s from now; more than ${toleranceSeconds} s may be a replay. Check the clocks.`,
    )
  }
  return JSON.parse(body) as Notification
}

/**
 * Calls `handler` with each notification that reaches the queue, one after the other, and acknowledges it when the handler
 * resolves; otherwise it comes again, after a while. Expect repetitions: `notification.id` tells them. Connects again whenever
 * the broker was away; dispose it to stop.
 * @example await using subscription = await subscribeRabbitmq({ url, queue: 'mail', feed: 'home.shelves' }, refreshShelves)
 */
export async function subscribeRabbitmq(
  subscription: RabbitmqSubscription,
  handler: (notification: Notification, signal: AbortSignal) => Promise<void>,
): Promise<AsyncDisposable> {
  const { startRabbitmqConsumer } = await import('./rabbitmq/subscribe-rabbitmq.ts')
  return startRabbitmqConsumer(subscription, handler)
}
