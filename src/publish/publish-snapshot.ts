import { rm } from 'node:fs/promises'
import type { AvroSchema } from '../avro/index.ts'
import { backoffMs, toNacreError } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import type { PartitionTuple } from '../tables/index.ts'
import { contractVersionOf } from './contract.ts'
import { addDelivery } from './deliveries.ts'
import { exportFolderOf } from './exported-file.ts'
import { exportSnapshot, type ExportManifest } from './export-snapshot.ts'
import { routeName, type FeedManifest } from './feed-definition.ts'
import { publicationName, type PublicationFacts } from './notification.ts'
import { markExported, markExportFailed, markLost, publishedBefore, type WaitingSnapshot } from './outbox.ts'
import type { PublisherWorld } from './publisher-options.ts'
import { lockFeed, subscriberRoutes } from './subscribers.ts'

/**
 * Exports a snapshot and makes its notification due on every route. A failure is recorded and the export tried again later;
 * the feed's next snapshots wait, for they must not be announced before.
 */
export async function publishSnapshot(
  snapshot: WaitingSnapshot,
  feed: FeedManifest,
  world: PublisherWorld,
  signal: AbortSignal,
): Promise<void> {
  const { database, clock, log, random, retry } = world
  const { table, snapshotId, position } = snapshot
  const startedAt = clock.now()
  try {
    const facts = await publish(snapshot, feed, world, signal)
    if (!(await announce(snapshot, feed, facts, world))) {
      // The files hold rows that were erased.
      return await rm(folderOf(snapshot, world), { recursive: true, force: true })
    }
    if (snapshot.attempts > 0) await holdSnapshot(table, null, world)
    const { rows, sizeBytes } = facts
    log.info({ table, snapshotId, rows, sizeBytes, elapsedMs: clock.now() - startedAt }, 'feed published')
  } catch (thrown) {
    if (signal.aborted) return
    const { code, message } = toNacreError(thrown)
    if (code === 'NACRE_NOT_FOUND') {
      log.error(
        { table, snapshotId, error: message },
        'a snapshot is gone before it was exported; it is not announced',
      )
      await markLost(database, position, message)
    } else {
      log.warn({ table, snapshotId, error: message }, 'a feed could not be exported; trying again')
      const waitMs = backoffMs(snapshot.attempts + 1, { ...retry, random })
      await markExportFailed(database, position, {
        error: message,
        nextAttemptAt: new Date(clock.now() + waitMs),
      })
      await holdSnapshot(table, snapshotId, world)
    }
  }
  world.onChange(table)
}

/** What cannot be held may expire, which the next attempt will tell. */
async function holdSnapshot(
  table: string,
  snapshotId: string | null,
  { hold, log }: PublisherWorld,
): Promise<void> {
  await hold(table, snapshotId).catch((error: unknown) =>
    log.warn({ table, snapshotId, error: String(error) }, 'a snapshot cannot be held for its feed'),
  )
}

/** Makes what the notification will name: the version of the contract, and the files. */
async function publish(
  snapshot: WaitingSnapshot,
  feed: FeedManifest,
  world: PublisherWorld,
  signal: AbortSignal,
): Promise<PublicationFacts> {
  const { table, snapshotId, isRepeated } = snapshot
  const { database, schemaOf, clock } = world
  const { codec, content: declared = 'full' } = feed
  const schema = await schemaOf(table, snapshotId)
  const contract = await contractVersionOf(database, feed, {
    snapshotId,
    schema,
    isRepeated,
    at: new Date(clock.now()),
  })
  const changes = await changesOf(snapshot, database)
  const content = declared === 'changed-partitions' && changes === undefined ? 'full' : declared
  const facts = {
    schemaVersion: contract.version,
    schemaFingerprint: contract.fingerprint,
    codec,
    content,
    since: changes?.since ?? null,
    partitions: changes?.partitions ?? null,
  }
  if (content === 'none') return { ...facts, rows: snapshot.tableRows, sizeBytes: 0, parts: [] }
  const partitions = content === 'full' ? undefined : changes?.partitions
  const { rows, sizeBytes, parts } = await exportFiles(snapshot, feed, world, { schema, partitions }, signal)
  return { ...facts, rows, sizeBytes, parts }
}

async function exportFiles(
  snapshot: WaitingSnapshot,
  feed: FeedManifest,
  world: PublisherWorld,
  { schema, partitions }: { schema: AvroSchema; partitions: readonly PartitionTuple[] | undefined },
  signal: AbortSignal,
): Promise<ExportManifest> {
  const { table, tableUuid, snapshotId, sequenceNumber } = snapshot
  const { partBytes, openSource } = world
  return exportSnapshot(
    folderOf(snapshot, world),
    {
      table,
      tableUuid,
      snapshotId,
      sequenceNumber,
      schema,
      codec: feed.codec,
      partBytes: feed.partBytes ?? partBytes,
    },
    () => openSource(table, snapshotId, partitions),
    signal,
  )
}

function folderOf(snapshot: WaitingSnapshot, { exportFolder }: PublisherWorld): string {
  return exportFolderOf(exportFolder, snapshot.table, publicationName(snapshot))
}

/** What changed since the publication before; undefined when that is not known. */
async function changesOf(
  snapshot: WaitingSnapshot,
  database: Database,
): Promise<{ since: string; partitions: readonly PartitionTuple[] } | undefined> {
  const { partitions, isReturn } = snapshot
  if (isReturn) return undefined
  // No partition: noted without its commit. A partition without fields: the table has but one.
  if (partitions === null || partitions.length === 0) return undefined
  if (partitions.some((tuple) => Object.keys(tuple).length === 0)) return undefined
  const since = await publishedBefore(database, snapshot)
  return since === undefined ? undefined : { since, partitions }
}

/** False when it was withdrawn meanwhile. */
async function announce(
  { position, table }: WaitingSnapshot,
  feed: FeedManifest,
  facts: PublicationFacts,
  { database, clock }: PublisherWorld,
): Promise<boolean> {
  return database.transaction(async (transaction) => {
    await lockFeed(transaction, table)
    const exportedAt = new Date(clock.now())
    if (!(await markExported(transaction, position, { facts, exportedAt }))) return false
    const routes = [...feed.routes.map(routeName), ...(await subscriberRoutes(transaction, table))]
    for (const route of routes) await addDelivery(transaction, position, route)
    return true
  })
}
