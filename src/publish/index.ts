export {
  feed,
  feedManifest,
  rabbitmq,
  webhook,
  type FeedDefinition,
  type FeedManifest,
  type FeedPart,
  type FeedRoute,
  type FeedSpec,
  type Notification,
} from './feed-definition.ts'
export type { FeedStatus, RouteStatus } from './feed-status.ts'
export { publishMigrations } from './migrations.ts'
export { enqueueNotifications } from './outbox.ts'
export { openPublisher, type Publisher } from './publisher.ts'
export type { PublisherEffects, PublisherOptions } from './publisher-options.ts'
export type { Subscription, SubscriptionHandler } from './subscribers.ts'
