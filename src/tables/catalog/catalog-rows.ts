import type { Migration, Queryable, Transaction } from '../../database/index.ts'
import { fileIndexMigration } from '../scan/file-index.ts'
import { readerMigration } from '../scan/reader-registrations.ts'

/** The catalog's state: where each table's current metadata lies. */
export const migrations: readonly Migration[] = [
  {
    name: 'tables-0001-catalog-table',
    sql: `create table catalog_table (
      table_uuid text primary key,
      name text not null unique,
      metadata_location text not null
    )`,
  },
  {
    name: 'tables-0002-iceberg-catalog',
    sql: `alter table catalog_table add column location text;
    update catalog_table set location = regexp_replace(metadata_location, '/metadata/[^/]*$', '');
    alter table catalog_table alter column location set not null;
    create unique index catalog_table_location on catalog_table (location);
    create table catalog_namespace (
      name text primary key,
      properties jsonb not null
    );
    create table catalog_view (
      view_uuid text primary key,
      name text not null unique,
      metadata_location text not null
    );
    create table catalog_idempotency (
      key text primary key,
      request_sha256 text not null,
      status integer not null,
      body text not null,
      expires_at timestamptz not null
    );
    create index catalog_idempotency_expires_at on catalog_idempotency (expires_at);
    `,
  },
  fileIndexMigration,
  readerMigration,
]

/** A table's row. */
export interface CatalogRow {
  /** Full name, `namespace.name`. */
  readonly name: string
  readonly table_uuid: string
  readonly metadata_location: string
  /** The folder of the table's files. No table lies in another's. */
  readonly location: string
}

const columns = 'name, table_uuid, metadata_location, location'

export async function selectRow(database: Queryable, name: string): Promise<CatalogRow | undefined> {
  const rows = await database.query<CatalogRow>(`select ${columns} from catalog_table where name = $1`, [
    name,
  ])
  return rows[0]
}

export async function selectRows(database: Queryable): Promise<readonly CatalogRow[]> {
  return database.query<CatalogRow>(`select ${columns} from catalog_table order by name`)
}

/** Tables other than the one named that have the uuid, or whose folder is, holds or lies in the location. */
export async function selectOverlapping(
  database: Queryable,
  place: { name: string; tableUuid: string; location: string },
): Promise<readonly CatalogRow[]> {
  return database.query<CatalogRow>(
    `select ${columns} from catalog_table
     where name <> $1
       and (table_uuid = $2 or location = $3 or starts_with(location, $3 || '/') or starts_with($3, location || '/'))`,
    [place.name, place.tableUuid, place.location],
  )
}

/**
 * Held to the end of the transaction by whoever makes, renames or drops a table, view or namespace, so that what they find about
 * names and places still holds when they commit. Taken before any row is changed.
 */
export async function lockNames(transaction: Transaction): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock(7205760)')
}

/** False when a table of the name exists. */
export async function insertRow(transaction: Transaction, row: CatalogRow): Promise<boolean> {
  const rows = await transaction.query(
    `insert into catalog_table (${columns}) values ($1, $2, $3, $4)
     on conflict (name) do nothing returning name`,
    [row.name, row.table_uuid, row.metadata_location, row.location],
  )
  return rows.length === 1
}

/** The commit point of a table: false when another commit, a renaming or a dropping came first. */
export async function swapMetadataLocation(
  transaction: Transaction,
  from: { name: string; metadataLocation: string },
  to: { metadataLocation: string; location: string },
): Promise<boolean> {
  const rows = await transaction.query(
    `update catalog_table set metadata_location = $3, location = $4
     where name = $1 and metadata_location = $2
     returning name`,
    [from.name, from.metadataLocation, to.metadataLocation, to.location],
  )
  return rows.length === 1
}

export async function renameRow(transaction: Transaction, from: string, to: string): Promise<boolean> {
  const rows = await transaction.query('update catalog_table set name = $2 where name = $1 returning name', [
    from,
    to,
  ])
  return rows.length === 1
}

/** The row that was there. */
export async function deleteRow(transaction: Transaction, name: string): Promise<CatalogRow | undefined> {
  const rows = await transaction.query<CatalogRow>(
    `delete from catalog_table where name = $1 returning ${columns}`,
    [name],
  )
  return rows[0]
}
