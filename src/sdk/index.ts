/** What an app is written with: `import { app, job, sql, … } from 'nacre'`. */
export { app, type AppDefinition, type AppSpec } from '../apps/index.ts'
export { NacreError, type ErrorCode } from '../base/index.ts'
export {
  event,
  identify,
  trackingPlan,
  Type,
  type EventDefinition,
  type EventSpec,
  type TrackingPlan,
} from '../events/index.ts'
export {
  after,
  checks,
  cron,
  every,
  job,
  manual,
  on,
  type Check,
  type DayPartitions,
  type JobContext,
  type JobDefinition,
  type JobLog,
  type JobSpec,
  type PartitionSet,
  type TableWriter,
  type Trigger,
} from '../jobs/index.ts'
export {
  dashboard,
  type DashboardDefinition,
  type DashboardFilter,
  type Tile,
  type TileChart,
} from '../models/index.ts'
export {
  feed,
  rabbitmq,
  webhook,
  type FeedContent,
  type FeedContract,
  type FeedDefinition,
  type FeedRoute,
  type FeedSpec,
} from '../publish/index.ts'
export { identifier, joinSql, rawSql, sql, type Sql, type SqlPart, type TableRef } from '../sql/index.ts'
export {
  bucketOf as bucket,
  hourOf as hour,
  identityOf as identity,
  monthOf as month,
  table,
  truncateOf as truncate,
  yearOf as year,
  type ColumnSpec,
  type ColumnType,
  type TableDefinition,
  type TableSpec,
} from '../tables/index.ts'
export { day } from './day.ts'
