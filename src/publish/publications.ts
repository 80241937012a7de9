import { NacreError } from '../base/index.ts'
import type { Queryable } from '../database/index.ts'
import { publicationColumns, type StoredPublication } from './notification.ts'

/** Where a reader of a feed's history begins. */
export type HistoryStart =
  | 'beginning'
  /** The newest publication, and what follows. */
  | 'latest'
  /** A publication by its snapshot, and what follows. */
  | { readonly snapshotId: string }
  /** What follows a notification, by its id; all when it is no longer known. */
  | { readonly afterId: string }

/** The publications of a feed behind a position, oldest first. */
export function publicationsAfter(
  database: Queryable,
  table: string,
  position: bigint,
  limit: number,
): Promise<StoredPublication[]> {
  return database.query(
    `select ${publicationColumns} from feed_snapshot s
     where s.table_name = $1 and s.position > $2 and s.state in ('exported', 'removing', 'removed') and s.facts is not null
     order by s.position limit $3`,
    [table, position, limit],
  )
}

/** The position behind which a start lies. Throws NACRE_NOT_FOUND for a snapshot that the feed has not published. */
export async function positionBefore(
  database: Queryable,
  table: string,
  start: HistoryStart,
): Promise<bigint> {
  if (start === 'beginning') {
    // Files of older publications are gone, and newer ones replace them.
    return oneBefore(
      await database.query(
        `select min(position) as position from feed_snapshot where table_name = $1 and state = 'exported'`,
        [table],
      ),
    )
  }
  if (start === 'latest') {
    return oneBefore(
      await database.query(
        `select max(position) as position from feed_snapshot where table_name = $1 and state = 'exported'`,
        [table],
      ),
    )
  }
  if ('afterId' in start) {
    const [, tableUuid = '', snapshotId = '', publication = null] =
      /^(.*):(\d+)(?:-(\d+))?$/.exec(start.afterId) ?? []
    const rows = await database.query<{ position: bigint }>(
      `select position from feed_snapshot where table_name = $1 and table_uuid = $2 and snapshot_id = $3
         and ($4::text is null or position::text = $4) order by position limit 1`,
      [table, tableUuid, snapshotId, publication],
    )
    return rows[0]?.position ?? positionBefore(database, table, 'beginning')
  }
  return (await findPosition(database, table, start.snapshotId)) - 1n
}

/** The position of a feed's snapshot. Throws NACRE_NOT_FOUND. */
export async function findPosition(database: Queryable, table: string, snapshotId: string): Promise<bigint> {
  const rows = await database.query<{ position: bigint }>(
    'select position from feed_snapshot where table_name = $1 and snapshot_id = $2 order by position desc limit 1',
    [table, snapshotId],
  )
  if (rows[0] !== undefined) return rows[0].position
  throw new NacreError(
    'NACRE_NOT_FOUND',
    `Feed '${table}' has not published snapshot ${snapshotId}, or has forgotten it; 'nacre feeds ${table}' lists what it has.`,
  )
}

function oneBefore(rows: readonly { readonly position?: unknown }[]): bigint {
  const position = rows[0]?.position
  return typeof position === 'bigint' ? position - 1n : 0n
}
