export type { ContractVersion, SchemaChange } from './contract.ts'
export { checkFeedContract } from './contract.ts'
export type { DescribedField } from './describe-fields.ts'
export {
  feed,
  feedManifest,
  rabbitmq,
  webhook,
  type Compatibility,
  type FeedContent,
  type FeedContract,
  type FeedDefinition,
  type FeedManifest,
  type FeedRoute,
  type FeedSpec,
} from './feed-definition.ts'
export type {
  ContractVersionInfo,
  DeliveryInfo,
  FeedDetail,
  FeedReader,
  PublicationInfo,
} from './feed-detail.ts'
export { rowsSource, type ExportSource, type SliceWork } from './export-source.ts'
export type { FeedStatus, RouteStatus } from './feed-status.ts'
export { publishMigrations } from './migrations.ts'
export type { FeedPart, Notification } from './notification.ts'
export { enqueueCurrent, enqueueNotifications } from './outbox.ts'
export type { HistoryStart } from './publications.ts'
export { openPublisher, type Publisher } from './publisher.ts'
export type { PublisherEffects, PublisherOptions } from './publisher-options.ts'
export type { ReplayAnswer, ReplayRequest } from './replay.ts'
export { withdrawPublications } from './withdraw-publications.ts'
export { writeParts, type ExportedPart } from './write-parts.ts'
export type { Subscription, SubscriptionHandler } from './subscribers.ts'
