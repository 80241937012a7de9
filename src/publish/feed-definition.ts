import type { AvroCodec } from '../avro/index.ts'
import { NacreError, parseSizeBytes } from '../base/index.ts'
import type { TableDefinition } from '../tables/index.ts'

/** Where a feed's notifications go. */
export type FeedRoute =
  /** The topic exchange `nacre` on NACRE_AMQP_URL, routing key `dataset.ready.<namespace>.<table>`; skipped when no broker is configured. */
  | { readonly kind: 'rabbitmq' }
  /** POST signed with HMAC-SHA256 by each secret; `url` and secrets may name environment variables as `env:NAME`. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string | readonly string[] }

/**
 * Who can still read a feed after its schema has changed, by Avro's schema resolution, and without a value silently becoming
 * null: `backward`, consumers on the new schema read old files; `forward`, consumers on the old schema read new files; `full`,
 * both; `none`, nobody is promised anything.
 */
export type Compatibility = 'backward' | 'forward' | 'full' | 'none'

/** What consumers may rely on. The schema itself is derived from the table when the feed is first published. */
export interface FeedContract {
  /** Default `full`: columns may be added; none may be dropped, renamed or change its type. */
  readonly compatibility?: Compatibility
  /** The major version, default 1. A higher one begins a contract anew: the way to break it on purpose. */
  readonly version?: number
}

/**
 * What the files of a publication hold: `full`, every row of the snapshot; `changed-partitions`, every row of the partitions in
 * which something changed since the publication before (the first is full); `none`, no files: consumers read the Iceberg table.
 */
export type FeedContent = 'full' | 'changed-partitions' | 'none'

/** What an app says of a feed. */
export interface FeedSpec {
  readonly table: TableDefinition
  readonly contract?: FeedContract
  readonly routes?: readonly FeedRoute[]
  /** Default deflate, which every reader of Avro has; zstandard is smaller and faster, where consumers have it. */
  readonly codec?: AvroCodec
  /** A part is closed once its file holds so many bytes, such as `64MB`. Default 128 MiB. */
  readonly partSize?: string | number
  /** Default full. */
  readonly content?: FeedContent
  /** How many exports stay, besides those that still wait for a delivery. Default 3. */
  readonly keep?: number
  readonly doc?: string
}

/** A declared feed: a table exported as Avro for other services. Its name is its table's. */
export interface FeedDefinition {
  readonly kind: 'feed'
  readonly spec: FeedSpec
}

/** A feed as the platform stores it. What was not declared, or is not known to an older manifest, is absent. */
export interface FeedManifest {
  readonly table: string
  readonly routes: readonly FeedRoute[]
  readonly codec: AvroCodec
  readonly doc: string | null
  readonly contract?: Required<FeedContract>
  readonly content?: FeedContent
  readonly partBytes?: number
  readonly keep?: number
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

/**
 * A signed POST; see `verifySignature` of `nacre/consume`. Texts may name environment variables of the server: `env:NAME`. Give
 * two secrets while one replaces the other: each request then carries a signature of both.
 */
export function webhook(options: { url: string; secret: string | readonly string[] }): FeedRoute {
  const { url, secret } = options
  if (!url.startsWith('env:') && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Webhook '${url}' is not an http or https URL; write one, or 'env:NAME' for one in an environment variable.`,
    )
  }
  const secrets = [secret].flat()
  if (secrets.length === 0 || secrets.some((each) => each === '' || each === 'env:')) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Webhook '${url}' has no secret; write one, or 'env:NAME' for one in an environment variable.`,
    )
  }
  return { kind: 'webhook', url, secret }
}

/** A feed as the platform stores it. Throws NACRE_APP_INVALID for a value out of range, and when two of its routes are one. */
export function feedManifest({ spec }: FeedDefinition): FeedManifest {
  const { table, routes = [], contract, content, keep } = spec
  const invalid = (message: string): NacreError =>
    new NacreError('NACRE_APP_INVALID', `Feed '${table.name}' ${message}`)
  const names = routes.map(routeName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw invalid(`has the route '${twice}' twice; leave one.`)
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1
  if (contract?.version !== undefined && !isCount(contract.version))
    throw invalid(`has the contract version ${contract.version}; count from 1.`)
  if (keep !== undefined && !isCount(keep)) throw invalid(`keeps ${keep} exports; keep at least 1.`)
  const partBytes = typeof spec.partSize === 'string' ? parseSizeBytes(spec.partSize) : spec.partSize
  if (partBytes !== undefined && !isCount(partBytes))
    throw invalid(`has parts of ${spec.partSize}; write a size such as '64MB'.`)
  return {
    table: table.name,
    routes,
    codec: spec.codec ?? 'deflate',
    doc: spec.doc ?? null,
    ...(contract === undefined
      ? {}
      : { contract: { compatibility: contract.compatibility ?? 'full', version: contract.version ?? 1 } }),
    ...(content === undefined ? {} : { content }),
    ...(partBytes === undefined ? {} : { partBytes }),
    ...(keep === undefined ? {} : { keep }),
  }
}

/** The contract a feed declares, or the default. */
export function contractOf({ contract }: Pick<FeedManifest, 'contract'>): Required<FeedContract> {
  return contract ?? { compatibility: 'full', version: 1 }
}

/** What a route is called in state, logs and the UI: `rabbitmq`, or `webhook <url as declared>`. */
export function routeName(route: FeedRoute): string {
  return route.kind === 'rabbitmq' ? 'rabbitmq' : `webhook ${route.url}`
}
