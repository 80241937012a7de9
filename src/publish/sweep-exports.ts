import { rm } from 'node:fs/promises'
import { exportFolderOf } from './exported-file.ts'
import { publicationName } from './notification.ts'
import { forgetHistory, markRemoved, markRemoving, removableExports } from './outbox.ts'
import type { PublisherWorld } from './publisher-options.ts'

const historyPerFeed = 1000

/**
 * Removes the exports of a feed that newer ones replace and nobody waits for, then forgets its oldest history. One sweep of a feed at a
 * time.
 */
export async function sweepExports(
  table: string,
  { database, exportFolder, keepExports }: PublisherWorld,
): Promise<void> {
  for (const publication of await removableExports(database, table, keepExports)) {
    if (!(await markRemoving(database, publication.position))) continue // replayed meanwhile
    await rm(exportFolderOf(exportFolder, table, publicationName(publication)), {
      recursive: true,
      force: true,
    })
    await markRemoved(database, publication.position)
  }
  await forgetHistory(database, table, historyPerFeed)
}
