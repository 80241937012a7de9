import type { AvroCodec } from '../avro/index.ts'
import type { Queryable } from '../database/index.ts'
import { contractChanges } from './contract-changes.ts'
import { contractVersions, type ContractVersion } from './contract.ts'
import { contractOf, type Compatibility, type FeedContent, type FeedManifest } from './feed-definition.ts'
import { feedStatuses, type FeedStatus } from './feed-status.ts'
import { describeFields, type DescribedField } from './describe-fields.ts'
import type { PublicationFacts } from './notification.ts'

/** All that is known of one feed. */
export interface FeedDetail {
  readonly feed: FeedStatus
  readonly content: FeedContent
  readonly codec: AvroCodec
  readonly contract: {
    readonly compatibility: Compatibility
    /** The declared major version. */
    readonly version: number
    /** What was promised, newest first. */
    readonly versions: readonly ContractVersionInfo[]
  }
  /** Newest first, at most 50. */
  readonly publications: readonly PublicationInfo[]
  readonly readers: readonly FeedReader[]
}

export interface ContractVersionInfo {
  readonly version: string
  readonly fingerprint: string
  readonly sinceSnapshotId: string
  readonly createdAt: string
  readonly fields: readonly DescribedField[]
  /** Against the version before, such as `chapter was added, null in files so far`. */
  readonly changes: readonly string[]
}

/** One snapshot on its way to consumers. */
export interface PublicationInfo {
  /** Its number, which tells it from others of the same snapshot. */
  readonly publication: number
  readonly snapshotId: string
  readonly sequenceNumber: number
  /** `removed`: newer exports took the place of its files. `lost`: it expired before it was exported. `withdrawn`: its rows were erased. */
  readonly state: 'waiting' | 'exported' | 'removed' | 'lost' | 'withdrawn'
  readonly committedAt: string
  readonly exportedAt: string | null
  readonly error: string | null
  /** Null until it is exported. */
  readonly published: Pick<
    PublicationFacts,
    'rows' | 'sizeBytes' | 'content' | 'schemaVersion' | 'parts'
  > | null
  readonly deliveries: readonly DeliveryInfo[]
}

export interface DeliveryInfo {
  readonly route: string
  readonly state: 'waiting' | 'delivered' | 'skipped' | 'dead'
  readonly attempts: number
  readonly replays: number
  readonly error: string | null
  readonly nextAttemptAt: string | null
  readonly settledAt: string | null
}

/** Somebody who listens to a feed now: a stream of server-sent events, or a durable subscriber. */
export interface FeedReader {
  readonly name: string
  readonly via: 'sse' | 'subscriber'
}

const shown = 50

/** What people see of one feed. */
export async function feedDetail(
  database: Queryable,
  feed: FeedManifest,
  readers: readonly FeedReader[],
): Promise<FeedDetail> {
  const [status] = await feedStatuses(database, [feed])
  const versions = await contractVersions(database, feed.table)
  return {
    feed: status!,
    content: feed.content ?? 'full',
    codec: feed.codec,
    contract: {
      ...contractOf(feed),
      versions: versions.map((version, index) => describeVersion(version, versions[index + 1])),
    },
    publications: await publications(database, feed.table),
    readers,
  }
}

function describeVersion(
  { version, fingerprint, schema, sinceSnapshotId, createdAt }: ContractVersion,
  before: ContractVersion | undefined,
): ContractVersionInfo {
  const changes = before === undefined ? [] : contractChanges(before.schema, schema)
  return {
    version,
    fingerprint,
    sinceSnapshotId,
    createdAt,
    fields: describeFields(schema),
    changes: changes.map(({ field, what }) => `${field} ${what}`.trim()),
  }
}

async function publications(database: Queryable, table: string): Promise<PublicationInfo[]> {
  const snapshots = await database.query<{
    position: bigint
    snapshotId: string
    sequenceNumber: bigint
    state: PublicationInfo['state']
    committedAt: Date
    exportedAt: Date | null
    error: string | null
    facts: string | null
  }>(
    `select position, snapshot_id as "snapshotId", sequence_number as "sequenceNumber",
       case state when 'removing' then 'removed' else state end as state, committed_at as "committedAt",
       exported_at as "exportedAt", last_error as error, facts
     from feed_snapshot where table_name = $1 order by position desc limit ${shown}`,
    [table],
  )
  const deliveries = await database.query<{
    position: bigint
    route: string
    state: DeliveryInfo['state']
    attempts: number
    replays: number
    error: string | null
    nextAttemptAt: Date | null
    settledAt: Date | null
  }>(
    `select position, route, state, attempts, replays, last_error as error, next_attempt_at as "nextAttemptAt",
       settled_at as "settledAt" from feed_delivery where position = any($1) order by route`,
    [snapshots.map(({ position }) => position)],
  )
  const byPosition = Map.groupBy(deliveries, ({ position }) => position)
  return snapshots.map(({ position, sequenceNumber, facts, committedAt, exportedAt, ...snapshot }) => ({
    ...snapshot,
    publication: Number(position),
    sequenceNumber: Number(sequenceNumber),
    committedAt: committedAt.toISOString(),
    exportedAt: exportedAt?.toISOString() ?? null,
    published: facts === null ? null : publishedOf(JSON.parse(facts) as PublicationFacts),
    deliveries: (byPosition.get(position) ?? []).map((delivery) => ({
      route: delivery.route,
      state: delivery.state,
      attempts: delivery.attempts,
      replays: delivery.replays,
      error: delivery.error,
      nextAttemptAt: delivery.nextAttemptAt?.toISOString() ?? null,
      settledAt: delivery.settledAt?.toISOString() ?? null,
    })),
  }))
}

function publishedOf({
  rows,
  sizeBytes,
  content,
  schemaVersion,
  parts,
}: PublicationFacts): PublicationInfo['published'] {
  return { rows, sizeBytes, content, schemaVersion, parts }
}
