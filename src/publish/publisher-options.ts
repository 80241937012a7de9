import type { AvroSchema } from '../avro/index.ts'
import type { Clock, Log } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import type { PartitionTuple } from '../tables/index.ts'
import type { ExportSource } from './export-source.ts'
import type { FeedManifest } from './feed-definition.ts'

/** What a publisher works on. */
export interface PublisherOptions {
  readonly database: Database
  /** Where exports lie: `<namespace.table>/<snapshot id>/`. */
  readonly exportFolder: string
  /** Where consumers reach the server, such as `https://data.example`; asked for each notification. */
  publicUrl(): string
  /** The feeds declared now; asked whenever work is looked for. */
  feeds(): readonly FeedManifest[]
  /**
   * The rows of a pinned snapshot, of some partitions if they are named. NACRE_NOT_FOUND says that it is gone for good. Closed by
   * the publisher.
   */
  openSource(
    table: string,
    snapshotId: string,
    partitions?: readonly PartitionTuple[],
  ): ExportSource | Promise<ExportSource>
  /** The Avro schema of those rows. */
  schemaOf(table: string, snapshotId: string): Promise<AvroSchema>
  /** Keeps a snapshot whose export fails from expiring; null lets go what was held. Default: nothing is held. */
  hold?(table: string, snapshotId: string | null): Promise<void>
  /** The broker of `rabbitmq` routes; without it they are recorded as skipped. */
  readonly amqpUrl?: string | undefined
  /** Variables that `env:NAME` in a webhook names. Default none. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** How many exports of a feed stay that does not declare it, besides those that still wait for a delivery. Default 3. */
  readonly keepExports?: number
  /** A part is closed once its file holds so many bytes, where the feed does not declare it. Default 128 MiB. */
  readonly partBytes?: number
  /** How long to wait between attempts. Default from 1 s to 5 min. */
  readonly retry?: { readonly minMs: number; readonly maxMs: number }
  /** When a notification that is refused becomes a dead letter: after so many attempts, or so long. Default 100, 24 h. */
  readonly giveUp?: { readonly attempts: number; readonly ageMs: number }
  /** How long a lane stays with a process that has died, where several share a database. Default 30 s. */
  readonly leaseMs?: number
  /** How long a broker or receiver may take to answer. Default 10 s. */
  readonly timeoutMs?: number
  /** How often to look for commits of other processes. Default 5 s. */
  readonly pollMs?: number
  /** Called when something changed that {@link Publisher.listFeeds} tells. */
  onChange?(table: string): void
}

/** What a publisher touches besides its options. */
export interface PublisherEffects {
  readonly log: Log
  readonly clock?: Clock
  readonly fetch?: typeof globalThis.fetch
  readonly random?: () => number
}

/** Options and effects, complete. */
export type PublisherWorld = Required<PublisherOptions> & Required<PublisherEffects>
