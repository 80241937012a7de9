/**
 * The platform's HTTP API as types: what `web/` and `cli/` may know of the server. Paths are under `/api/v1`; requests carry the
 * session cookie or `Authorization: Bearer <token>`; errors are `{ "error": ErrorJson }` with the catalogue's status.
 */
import type { ErrorJson } from '../base/index.ts'
import type { JobInfo, LogLine, RunInfo } from '../jobs/index.ts'
import type { DashboardDefinition } from '../models/index.ts'
import type { SnapshotInfo, TableInfo } from '../tables/index.ts'

export type { ErrorJson } from '../base/index.ts'
export type { AttemptInfo, AttemptState, JobInfo, LogLine, RunInfo, RunState } from '../jobs/index.ts'
export type { DashboardDefinition, DashboardFilter, NumberFormat, Tile, TileChart } from '../models/index.ts'
export type { Field, IcebergType, PartitionSpec, Schema, SnapshotInfo, TableInfo } from '../tables/index.ts'

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

/** `GET overview` */
export interface Overview {
  readonly runs: {
    /** In the last 24 hours. */
    readonly succeeded: number
    readonly failed: number
    readonly running: readonly RunInfo[]
    readonly queued: number
    /** Newest first, at most 10. */
    readonly recent: readonly RunInfo[]
    /** Failed and not yet followed by a success of the same job. */
    readonly broken: readonly RunInfo[]
  }
  readonly late: readonly {
    readonly app: string
    readonly job: string
    readonly since: string
    readonly why: string
  }[]
  readonly events: {
    readonly accepted: number
    readonly landed: number
    readonly rejected: number
    /** Bytes of the segment log not yet landed. */
    readonly backlogBytes: number
    /** Per minute, oldest first, the last 60 minutes. */
    readonly perMinute: readonly { readonly at: string; readonly landed: number; readonly rejected: number }[]
  }
  readonly tables: {
    readonly count: number
    readonly rows: number
    readonly sizeBytes: number
    readonly recent: readonly { readonly table: string; readonly snapshot: SnapshotInfo }[]
  }
  readonly feeds: { readonly published: number; readonly pending: number; readonly failing: number }
}

/** `GET jobs/:app/:job` adds what the list does not need. */
export interface JobDetail {
  readonly job: JobInfo
  /** Newest first, at most 50. */
  readonly runs: readonly RunInfo[]
  /** The next ten due times, ISO 8601; empty without a time trigger. */
  readonly nextDueAts: readonly string[]
  /** Jobs whose success or tables make this one due, and the reverse. */
  readonly upstream: readonly string[]
  readonly downstream: readonly string[]
}

/** `GET runs/:id/logs?after=<seq>&attempt=<number>`; `GET runs/:id/logs/live` sends the same as server-sent events of type `lines`, then one `end`. */
export interface LogPage {
  readonly attempt: number
  readonly lines: readonly LogLine[]
  /** The run is over and these are its last lines. */
  readonly done: boolean
}

/** `GET tables/:name` */
export interface TableDetail {
  readonly table: TableInfo
  /** Newest first, at most 50. */
  readonly snapshots: readonly SnapshotInfo[]
  readonly writers: readonly string[]
  readonly readers: readonly string[]
  readonly isFeed: boolean
}

/** `GET tables/:name/preview?limit=100` and `POST sql` with `{ sql, limit? }`. */
export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Each row an array in the order of columns; 64-bit integers beyond 2^53 and decimals as text. */
  readonly rows: readonly (readonly unknown[])[]
  /** More rows exist than were asked for. */
  readonly truncated: boolean
  readonly elapsedMs: number
  /** Snapshot ids by table. */
  readonly snapshots: Readonly<Record<string, string | null>>
}

/** `GET events/recent?limit=100`: newest first; `GET events/live` sends server-sent events of type `event`. */
export interface RecentEvent {
  readonly receivedAt: string
  readonly type: string
  /** Event name; for other calls than track the type. */
  readonly name: string
  readonly userId: string | null
  readonly anonymousId: string | null
  readonly messageId: string
  readonly verdict: 'landed' | 'rejected' | 'duplicate'
  /** Why it was rejected. */
  readonly reason: string | null
  readonly properties: unknown
}

/** `GET events/rejected?limit=100`: counts by reason, then the newest rows of `events.rejected`. */
export interface RejectedEvents {
  readonly reasons: readonly {
    readonly event: string
    readonly reason: string
    readonly count: number
    readonly newest: string
  }[]
  readonly rows: readonly {
    readonly receivedAt: string
    readonly event: string
    readonly reason: string
    readonly pointer: string | null
    readonly payload: string
  }[]
}

/** `GET feeds` */
export interface FeedInfo {
  readonly table: string
  readonly doc: string | null
  readonly latest: {
    readonly snapshotId: string
    readonly rows: number
    readonly sizeBytes: number
    readonly publishedAt: string
  } | null
  readonly pending: number
  /** Why the next export fails; null when all is well. */
  readonly failing: string | null
  readonly routes: readonly {
    readonly route: string
    readonly delivered: number
    readonly lastDeliveredAt: string | null
    readonly failing: string | null
    /** Why notifications are skipped, such as that no broker is configured. */
    readonly skipped: string | null
  }[]
}

/** `GET dashboards` */
export interface DashboardInfo {
  readonly name: string
  readonly title: string
  readonly doc: string | null
  readonly team: string | null
  readonly tiles: number
}

/** `GET dashboards/:name` */
export interface DashboardDetail {
  readonly dashboard: DashboardDefinition
  /** Values to offer, by choice filter's name. */
  readonly suggestions: Readonly<Record<string, readonly string[]>>
}

/** `POST dashboards/:name/tiles/:index` takes `{ filters: { [name]: value } }`. */
export interface TileAnswer {
  readonly columns: readonly {
    readonly name: string
    readonly type: 'string' | 'number' | 'boolean' | 'date' | 'timestamp' | 'other'
  }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly truncated: boolean
  /** For `compare: 'previous-period'`: the same query over the period before. */
  readonly previousRows: readonly (readonly unknown[])[] | null
  readonly elapsedMs: number
  readonly cached: boolean
  readonly sql: string
  readonly snapshots: Readonly<Record<string, string | null>>
  /** When the newest of its snapshots was committed. */
  readonly freshAt: string | null
}

export type FilterValues = Readonly<Record<string, string>>

/** `GET live`: server-sent events of type `changed`, so that pages ask again for what they show. */
export interface ChangedEvent {
  readonly topic: 'runs' | 'tables' | 'events' | 'feeds' | 'apps'
  /** Run id, table name or job name. */
  readonly name: string
}

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

/** `GET doctor`: one line per thing checked. */
export interface DoctorReport {
  readonly checks: readonly {
    readonly name: string
    readonly ok: boolean
    readonly found: string
    readonly remedy: string | null
  }[]
}

/** `PUT apps/:app` takes a bundle (application/gzip); answers what changed. */
export interface DeployAnswer {
  readonly app: string
  readonly bundle: string
  readonly changes: readonly string[]
}
