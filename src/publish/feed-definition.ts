import type { TableDefinition } from '../tables/index.ts'

/** Where a feed's notifications go. */
export type FeedRoute =
  /** The topic exchange `nacre` on NACRE_AMQP_URL, routing key `dataset.ready.<namespace>.<table>`; skipped when no broker is configured. */
  | { readonly kind: 'rabbitmq' }
  /** POST with an HMAC-SHA256 signature; `url` and `secret` may name environment variables as `env:NAME`. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }

/** What an app says of a feed. */
export interface FeedSpec {
  readonly table: TableDefinition
  readonly routes?: readonly FeedRoute[]
  /** Default deflate. */
  readonly codec?: 'deflate' | 'null'
  readonly doc?: string
}

/** A declared feed: a table exported as Avro for other services. Its name is its table's. */
export interface FeedDefinition {
  readonly kind: 'feed'
  readonly spec: FeedSpec
}

/** A feed as the platform stores it. */
export interface FeedManifest {
  readonly table: string
  readonly routes: readonly FeedRoute[]
  readonly codec: 'deflate' | 'null'
  readonly doc: string | null
}

/** One Avro object container file of an export. */
export interface FeedPart {
  readonly url: string
  readonly rows: number
  readonly sizeBytes: number
  readonly sha256: string
}

/** The body of a notification: a CloudEvents 1.0 structured-mode JSON document. */
export interface Notification {
  readonly specversion: '1.0'
  /** `<table uuid>:<snapshot id>`: deduplicate on it. */
  readonly id: string
  readonly source: string
  readonly type: 'dev.nacre.dataset.ready'
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: {
    readonly table: string
    readonly snapshotId: string
    readonly sequenceNumber: number
    readonly rows: number
    readonly committedAt: string
    /** Avro schema as JSON. */
    readonly schema: unknown
    readonly parts: readonly FeedPart[]
    readonly manifestUrl: string
  }
}
