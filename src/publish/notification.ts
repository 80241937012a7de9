import type { PartitionTuple } from '../tables/index.ts'
import type { ExportedPart } from './export-snapshot.ts'
import type { FeedContent, FeedManifest } from './feed-definition.ts'

/** One Avro object container file of a publication. */
export interface FeedPart extends ExportedPart {
  readonly url: string
}

/**
 * The body of a notification: a CloudEvents 1.0 document in structured mode (https://github.com/cloudevents/spec). It is sent
 * once all that it names can be read: the Iceberg snapshot and, unless the content is `none`, the files.
 */
export interface Notification {
  readonly specversion: '1.0'
  /** `<table uuid>:<snapshot id>`, and `-<publication>` when a rollback brought the snapshot: deduplicate on it. */
  readonly id: string
  /** Where Nacre is reached. */
  readonly source: string
  readonly type: 'nacre.dataset.ready.v1'
  /** The table. */
  readonly subject: string
  /** When it was published. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  /** How often somebody has had it sent again; absent the first time. Then process it though its id is known. */
  readonly nacrereplay?: number
  readonly data: {
    readonly table: string
    readonly tableUuid: string
    readonly snapshotId: string
    readonly sequenceNumber: number
    /** Grows with each publication of a feed, also when a rollback brings an older snapshot; absent in messages of old. */
    readonly publication?: number
    readonly committedAt: string
    /** Of the feed's contract, `<major>.<revision>`. */
    readonly schemaVersion: string
    /** SHA-256 of the schema. */
    readonly schemaFingerprint: string
    /** The Avro schema as JSON. */
    readonly schemaUrl: string
    readonly content: FeedContent
    /** The publication before, by its snapshot, and the partitions that changed since; null when that is not known. */
    readonly since: string | null
    readonly partitions: readonly PartitionTuple[] | null
    readonly codec: FeedManifest['codec']
    /** In the files; of the whole table when there are none. */
    readonly rows: number
    readonly sizeBytes: number
    readonly parts: readonly FeedPart[]
    readonly manifestUrl: string | null
    /** The same snapshot for an Iceberg client. */
    readonly catalog: { readonly uri: string; readonly table: string; readonly snapshotId: string }
  }
}

/** What is known of a publication once it is there, wherever Nacre is reached. */
export interface PublicationFacts {
  readonly schemaVersion: string
  readonly schemaFingerprint: string
  readonly content: FeedContent
  readonly since: string | null
  readonly partitions: readonly PartitionTuple[] | null
  readonly codec: FeedManifest['codec']
  readonly rows: number
  readonly sizeBytes: number
  readonly parts: readonly ExportedPart[]
}

/** A publication as the state holds it. */
export interface StoredPublication {
  readonly position: bigint
  readonly table: string
  readonly tableUuid: string
  readonly snapshotId: string
  readonly sequenceNumber: bigint
  readonly isReturn: boolean
  readonly committedAt: Date
  readonly exportedAt: Date
  /** {@link PublicationFacts} as JSON. */
  readonly facts: string
}

/** The columns of `feed_snapshot s` that make a {@link StoredPublication}. */
export const publicationColumns = `s.position, s.table_name as "table", s.table_uuid as "tableUuid", s.snapshot_id as "snapshotId",
  s.sequence_number as "sequenceNumber", s.is_return as "isReturn", s.committed_at as "committedAt", s.exported_at as "exportedAt", s.facts`

/**
 * What a publication is called in message ids, addresses and folders: by its snapshot, and by its own number too once its table came
 * back to that, so that neither receivers nor files take the two for one.
 */
export function publicationName({
  snapshotId,
  position,
  isReturn,
}: {
  readonly snapshotId: string
  readonly position: bigint
  readonly isReturn: boolean
}): string {
  return isReturn ? `${snapshotId}-${position}` : snapshotId
}

/** The notification of a publication, for receivers that reach Nacre at `publicUrl`. */
export function notificationOf(
  stored: StoredPublication,
  { publicUrl, replays = 0 }: { publicUrl: string; replays?: number },
): Notification {
  const { table, tableUuid, snapshotId, committedAt, exportedAt } = stored
  const name = publicationName(stored)
  const { parts, ...facts } = JSON.parse(stored.facts) as PublicationFacts
  const feedUrl = `${publicUrl}/api/v1/feeds/${table}`
  const urlOf = (file: string): string => `${feedUrl}/${name}/${file}`
  return {
    specversion: '1.0',
    id: `${tableUuid}:${name}`,
    source: publicUrl,
    type: 'nacre.dataset.ready.v1',
    subject: table,
    time: exportedAt.toISOString(),
    datacontenttype: 'application/json',
    ...(replays === 0 ? {} : { nacrereplay: replays }),
    data: {
      table,
      tableUuid,
      snapshotId,
      sequenceNumber: Number(stored.sequenceNumber),
      publication: Number(stored.position),
      committedAt: committedAt.toISOString(),
      ...facts,
      schemaUrl: `${feedUrl}/contract/${facts.schemaVersion}`,
      parts: parts.map((part) => ({ ...part, url: urlOf(part.name) })),
      manifestUrl: parts.length === 0 ? null : urlOf('manifest.json'),
      catalog: { uri: `${publicUrl}/iceberg`, table, snapshotId },
    },
  }
}
