/**
 * The platform's HTTP API as types: what `web/` and `cli/` may know of the server. Paths are under `/api/v1`; requests carry the
 * session cookie or `Authorization: Bearer <token>`; errors are `{ "error": ErrorJson }` with the catalogue's status.
 */
import type { ErrorJson } from '../base/index.ts'
import type { LogLine, RunInfo } from '../jobs/index.ts'

export type { ErrorJson } from '../base/index.ts'
export type { AttemptInfo, AttemptState, JobInfo, LogLine, RunInfo, RunState } from '../jobs/index.ts'
export type { DashboardDefinition, DashboardFilter, NumberFormat, Tile, TileChart } from '../models/index.ts'
export type { Field, IcebergType, PartitionSpec, Schema, SnapshotInfo, TableInfo } from '../tables/index.ts'

/** `GET jobs/:app/:job` adds what the list does not need. */
export type { JobDetailInfo as JobDetail } from '../jobs/index.ts'

/** `GET tables` */
export type { TableList, TableListing } from '../platform/index.ts'
export type { BrokenTable } from '../tables/index.ts'

/** `GET tables/:name` */
export type { RegisteredReader, TableDetail, TrendPoint } from '../platform/index.ts'
export type { RefInfo } from '../tables/index.ts'

/** `GET tables/:name/schemas` */
export type { SchemaChange, SchemaVersion } from '../platform/index.ts'

/** `GET tables/:name/snapshots?before=<id>&limit=50` */
export type { SnapshotAuthor, SnapshotPage, SnapshotView } from '../platform/index.ts'

/** `GET tables/:name/partitions?order=partition&offset=0&limit=50`, also with `snapshotId`, `asOf` or `ref` as previews. */
export type { PartitionFiles, PartitionOrder, PartitionPage } from '../platform/index.ts'

/** `GET tables/:name/files?partition=<JSON of one>&offset=0&limit=50`, of all partitions without one. */
export type { FilePage } from '../platform/index.ts'

/** `GET tables/:name/snippets?snapshotId=<id>` */
export type { TableSnippet } from '../platform/index.ts'

/** `GET tables/:name/maintenance`; `GET tables/:name/maintenance/plan` is a dry run. */
export type { MaintenanceJob, MaintenancePlan, MaintenanceState } from '../platform/index.ts'

/**
 * `GET tables/:name/changes?after=<snapshot>&onOverwrite=fail`; without `after`, all rows. A reader that sends
 * `PUT tables/:name/readers/:reader { snapshotId, expiresAt? }` once it has read them finds what follows until it comes again.
 */
export type { ChangedFile, TableChanges } from '../platform/index.ts'

/** `POST tables/:name/rollback` and, with `tag`, `POST tables/:name/tags` take one of its ways to name a state. */
export type { SnapshotChoice } from '../tables/index.ts'

/** `GET overview` */
export type { PlatformOverview as Overview } from '../platform/index.ts'

/** `GET tables/:name/preview?limit=100`, also with `snapshotId`, `asOf` or `ref`, and `POST sql` with `{ sql, limit? }`. */
export type { QueryAnswer as SqlAnswer } from '../platform/index.ts'

/** `GET events/recent?limit=100`: newest first; `GET events/live` sends server-sent events of type `event`. */
export type { RecentEvent } from '../events/index.ts'

/** `GET events/rejected?limit=100`: counts by reason, then the newest rows of `events.rejected`. */
export type { RejectedEvents } from '../platform/index.ts'

/** `GET feeds` */
export type { FeedStatus as FeedInfo } from '../publish/index.ts'

/** `GET feeds/:table`; `GET feeds/:table/contract/:version` is the Avro schema alone. */
export type {
  ContractVersionInfo,
  DeliveryInfo,
  FeedDetail,
  FeedReader,
  PublicationInfo,
} from '../publish/index.ts'

/** `GET feeds/:table/notifications?from=latest|beginning|<snapshot>` or `?after=<id>`; `GET feeds/events?feed=` sends them as server-sent events. */
export type { Notification as FeedNotification } from '../publish/index.ts'

/** `POST feeds/:table/replay` takes `{ snapshotId }`, `{ since }` or `{ dead: true }`, each with or without a `route`. */
export type { ReplayAnswer } from '../publish/index.ts'

/** `POST dashboards/:name/tiles/:index` takes `{ filters: { [name]: value } }`. */
export type { TileResult as TileAnswer } from '../models/index.ts'

/** `GET live`: server-sent events of type `changed`, so that pages ask again for what they show. */
export type { Change as ChangedEvent } from '../platform/index.ts'

/** `GET doctor` */
export type { DoctorReport } from '../platform/index.ts'

/** `GET erasures`: newest first. */
export type { Erasure as ErasureInfo } from '../platform/index.ts'

/** `POST erasures` takes `{ user }`: has that person's rows erased. The run is null while it must wait. */
export interface ErasureAnswer {
  readonly id: string
  readonly run: RunInfo | null
}

/** Body of every answer with a status of 400 or more. */
export interface ErrorBody {
  readonly error: ErrorJson
}

/** `GET session`; 401 when not signed in. `POST session` takes `{ code }`, the one-time code of a sign-in link, or `{ token }`. */
export interface SessionInfo {
  readonly name: string
  readonly role: 'admin' | 'editor' | 'viewer'
  readonly team: string | null
  /** The app's name, for the title. */
  readonly project: string
  readonly version: string
}

/** `GET runs/:id/logs?after=<seq>&attempt=<number>`; `GET runs/:id/logs/live` sends the same as server-sent events of type `lines`, then one `end`. */
export interface LogPage {
  readonly attempt: number
  readonly lines: readonly LogLine[]
  /** The run is over and these are its last lines. */
  readonly done: boolean
}

/** `GET dashboards` */
export interface DashboardInfo {
  readonly name: string
  readonly title: string
  readonly doc: string | null
  readonly team: string | null
  readonly tiles: number
}

/** `GET dashboards/:name/suggestions`: values to offer, by choice filter's name. `GET dashboards/:name` is the definition alone. */
export type FilterSuggestions = Readonly<Record<string, readonly string[]>>

export type FilterValues = Readonly<Record<string, string>>

/** `POST jobs/:app/:job/run` */
export interface RunRequest {
  /** Days, `YYYY-MM-DD`, for a job with partitions; default: all that are due, or today. */
  readonly days?: readonly string[]
}

/** Answer to a {@link RunRequest}: what is due on it, and the run that has begun with it, unless it must still wait. */
export interface RunAnswer {
  /** Days, or `['']` for a job without partitions. */
  readonly due: readonly string[]
  readonly run: RunInfo | null
}

/** `PUT apps/:app` takes a bundle (application/gzip); answers what changed. */
export interface DeployAnswer {
  readonly app: string
  readonly bundle: string
  readonly changes: readonly string[]
}
