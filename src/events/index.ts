export { Type, type Static } from 'typebox'
export { event, identify, page, screen } from './event.ts'
export type * from './event-definition.ts'
export { rejectedEvents, type RejectedRow, type RejectReason } from './rejected-events.ts'
export { eventManifest, trackingPlan } from './tracking-plan.ts'
export {
  createCollector,
  type Collector,
  type CollectorCounters,
  type CollectorLimits,
  type CollectorOptions,
} from './collector.ts'
export { migrations } from './migrations.ts'
export { openSegmentLog, type LogPosition, type SegmentLog, type SegmentLogOptions } from './segment-log.ts'
export {
  createKeyRing,
  createWriteKey,
  listWriteKeys,
  revokeWriteKey,
  type KeyRing,
  type WriteKeyInfo,
} from './write-keys.ts'
export {
  startDecoder,
  type Decoder,
  type DecoderOptions,
  type DecoderParts,
  type DecoderSummary,
} from './decoder.ts'
export type { MinuteCount } from './event-activity.ts'
export type { RecentEvent } from './recent-event.ts'
export { replayRejected, type ReplayOutcome, type ReplayParts } from './replay-rejected.ts'
export { engineWriter, type WriteRows } from './write-event-rows.ts'
