import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../database/index.ts'
import { lockFeed } from './subscribers.ts'

const reason = 'withdrawn: its rows were erased'

/**
 * Takes back whatever a table published of snapshots that live no more, once rows were erased from it: it is not announced any more, and
 * its files are removed, also those an export is writing. Returns how many folders there were.
 */
export async function withdrawPublications(
  table: string,
  liveSnapshotIds: readonly string[],
  { database, exportFolder, at }: { database: Database; exportFolder: string; at: Date },
): Promise<number> {
  await database.transaction(async (transaction) => {
    await lockFeed(transaction, table)
    await transaction.query(
      `update feed_snapshot set state = 'withdrawn', last_error = null, next_attempt_at = null
       where table_name = $1 and state in ('waiting', 'exported', 'removing', 'lost') and not snapshot_id = any($2)`,
      [table, liveSnapshotIds],
    )
    await transaction.query(
      `update feed_delivery d set state = 'skipped', last_error = $2, next_attempt_at = null, settled_at = $3
       from feed_snapshot s where s.position = d.position and s.table_name = $1 and s.state = 'withdrawn'
         and d.state in ('waiting', 'dead')`,
      [table, reason, at],
    )
  })
  const live = new Set(liveSnapshotIds)
  const folder = join(exportFolder, table)
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const gone = names.filter((name) => !live.has(/^\d+/.exec(name)?.[0] ?? ''))
  for (const name of gone) await rm(join(folder, name), { recursive: true, force: true })
  return gone.length
}
