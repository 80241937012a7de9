import { NacreError } from '../base/index.ts'
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

/**
 * Declares a feed: every snapshot of the table is exported as Avro and announced on the routes, at least once each, in order.
 * @example feed({ table: engagement, routes: [rabbitmq(), webhook({ url: 'https://mail.example/nacre', secret: 'env:MAIL_SECRET' })] })
 */
export function feed(spec: FeedSpec): FeedDefinition {
  return { kind: 'feed', spec }
}

/** The topic exchange `nacre`, routing key `dataset.ready.<namespace>.<table>`; skipped where no broker is configured. */
export function rabbitmq(): FeedRoute {
  return { kind: 'rabbitmq' }
}

/** A signed POST; see `verifySignature` of `nacre/consume`. Either text may name an environment variable of the server: `env:NAME`. */
export function webhook(options: { url: string; secret: string }): FeedRoute {
  const { url, secret } = options
  if (!url.startsWith('env:') && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Webhook '${url}' is not an http or https URL; write one, or 'env:NAME' for one in an environment variable.`,
    )
  }
  if (secret === '' || secret === 'env:') {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Webhook '${url}' has no secret; write one, or 'env:NAME' for one in an environment variable.`,
    )
  }
  return { kind: 'webhook', url, secret }
}

/** A feed as the platform stores it. Throws NACRE_APP_INVALID when two of its routes are one. */
export function feedManifest({ spec }: FeedDefinition): FeedManifest {
  const routes = spec.routes ?? []
  const names = routes.map(routeName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Feed '${spec.table.name}' has the route '${twice}' twice; leave one.`,
    )
  }
  return { table: spec.table.name, routes, codec: spec.codec ?? 'deflate', doc: spec.doc ?? null }
}

/** What a route is called in state, logs and the UI: `rabbitmq`, or `webhook <url as declared>`. */
export function routeName(route: FeedRoute): string {
  return route.kind === 'rabbitmq' ? 'rabbitmq' : `webhook ${route.url}`
}
