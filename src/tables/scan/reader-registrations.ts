import { NacreError } from '../../base/index.ts'
import type { Database, Migration, Queryable } from '../../database/index.ts'
import { snapshotById } from '../metadata/choose-snapshot.ts'
import type { TableReader } from '../catalog/table-reader.ts'

/** A reader that goes on from snapshot to snapshot, or holds one for a while. */
export interface ReaderRegistration {
  /** Names it among the readers of the table. */
  readonly reader: string
  /** The snapshot it is at. It and those that follow it do not expire. */
  readonly snapshotId: string
  /** ISO 8601; from then on the registration holds nothing. Null: until it is dropped. */
  readonly expiresAt: string | null
}

export const readerMigration: Migration = {
  name: 'tables-0004-readers',
  sql: `create table table_reader (
    table_uuid text not null,
    reader text not null,
    snapshot_id text not null,
    expires_at timestamptz,
    primary key (table_uuid, reader)
  )`,
}

/**
 * Registers a reader at a snapshot of a table, or moves it there. Once this resolves the snapshot stays. Throws NACRE_NOT_FOUND
 * when it has expired already.
 */
export async function registerReader(
  world: { readonly database: Database; readonly tables: TableReader },
  name: string,
  { reader, snapshotId, expiresAt }: ReaderRegistration,
): Promise<void> {
  for (let tries = 1; tries <= 10; tries++) {
    const table = await world.tables.get(name)
    snapshotById(table, snapshotId)
    const uuid = table.metadata['table-uuid']
    const isDone = await world.database.transaction(async (transaction) => {
      // An expiry changes this row and then looks for readers: one of the two waits for the other.
      const [row] = await transaction.query<{ metadata_location: string }>(
        'select metadata_location from catalog_table where table_uuid = $1 for share',
        [uuid],
      )
      if (row?.metadata_location !== table.metadataLocation) return false
      await transaction.query(
        `insert into table_reader (table_uuid, reader, snapshot_id, expires_at) values ($1, $2, $3, $4)
         on conflict (table_uuid, reader) do update set snapshot_id = excluded.snapshot_id, expires_at = excluded.expires_at`,
        [uuid, reader, snapshotId, expiresAt === null ? null : new Date(expiresAt)],
      )
      return true
    })
    if (isDone) return
  }
  throw new NacreError(
    'NACRE_COMMIT_CONFLICT',
    `Table '${name}' changed each time that reader '${reader}' was to be registered. Try again.`,
  )
}

/** The readers of a table that hold a snapshot now, by the database's clock. */
export async function findReaders(
  database: Queryable,
  tableUuid: string,
): Promise<readonly ReaderRegistration[]> {
  const rows = await database.query<{ reader: string; snapshot_id: string; expires_at: Date | null }>(
    `select reader, snapshot_id, expires_at from table_reader
     where table_uuid = $1 and (expires_at is null or expires_at > now()) order by reader`,
    [tableUuid],
  )
  return rows.map((row) => ({
    reader: row.reader,
    snapshotId: row.snapshot_id,
    expiresAt: row.expires_at?.toISOString() ?? null,
  }))
}

/** Lets a reader go; that there is none is no error. */
export async function dropReader(database: Queryable, tableUuid: string, reader: string): Promise<void> {
  await database.query(
    'delete from table_reader where (table_uuid = $1 and reader = $2) or expires_at < now()',
    [tableUuid, reader],
  )
}
