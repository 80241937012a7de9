import { backoffMs, toNacreError } from '../base/index.ts'
import { addDelivery } from './deliveries.ts'
import { exportFolderOf } from './exported-file.ts'
import { exportSnapshot, type ExportManifest } from './export-snapshot.ts'
import { routeName, type FeedManifest } from './feed-definition.ts'
import { notificationOf } from './notification.ts'
import { markExported, markExportFailed, markLost, type WaitingSnapshot } from './outbox.ts'
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
    const manifest = await exportFiles(snapshot, feed, world, signal)
    await announce(snapshot, feed, manifest, world)
    const { rows, sizeBytes } = manifest
    log.info({ table, snapshotId, rows, sizeBytes, elapsedMs: clock.now() - startedAt }, 'feed exported')
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
    }
  }
  world.onChange(table)
}

async function exportFiles(
  { table, tableUuid, snapshotId, sequenceNumber }: WaitingSnapshot,
  { codec }: FeedManifest,
  { exportFolder, partBytes, readRows, schemaOf }: PublisherWorld,
  signal: AbortSignal,
): Promise<ExportManifest> {
  const schema = await schemaOf(table, snapshotId)
  return exportSnapshot(
    exportFolderOf(exportFolder, table, snapshotId),
    { table, tableUuid, snapshotId, sequenceNumber, schema, codec, partBytes },
    () => readRows(table, snapshotId, signal),
    signal,
  )
}

async function announce(
  { position, table, committedAt }: WaitingSnapshot,
  feed: FeedManifest,
  manifest: ExportManifest,
  { database, publicUrl, clock }: PublisherWorld,
): Promise<void> {
  const exportedAt = new Date(clock.now())
  const notification = notificationOf(manifest, { publicUrl, committedAt, exportedAt })
  await database.transaction(async (transaction) => {
    await lockFeed(transaction, table)
    await markExported(transaction, position, {
      rows: manifest.rows,
      sizeBytes: manifest.sizeBytes,
      exportedAt,
      notification: JSON.stringify(notification),
    })
    const routes = [...feed.routes.map(routeName), ...(await subscriberRoutes(transaction, table))]
    for (const route of routes) await addDelivery(transaction, position, route)
  })
}
