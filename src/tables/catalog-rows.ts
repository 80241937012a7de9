import type { Migration, Queryable, Transaction } from '../database/index.ts'

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
]

/** A table's row. */
export interface CatalogRow {
  /** Full name, `namespace.name`. */
  readonly name: string
  readonly table_uuid: string
  readonly metadata_location: string
}

export async function selectRow(database: Queryable, name: string): Promise<CatalogRow | undefined> {
  const rows = await database.query<CatalogRow>(
    'select name, table_uuid, metadata_location from catalog_table where name = $1',
    [name],
  )
  return rows[0]
}

export async function selectRows(database: Queryable): Promise<readonly CatalogRow[]> {
  return database.query<CatalogRow>(
    'select name, table_uuid, metadata_location from catalog_table order by name',
  )
}

/** False when a table of the name exists. */
export async function insertRow(transaction: Transaction, row: CatalogRow): Promise<boolean> {
  const rows = await transaction.query(
    `insert into catalog_table (name, table_uuid, metadata_location) values ($1, $2, $3)
     on conflict (name) do nothing returning name`,
    [row.name, row.table_uuid, row.metadata_location],
  )
  return rows.length === 1
}

/** The commit point of a table: false when another commit came first. */
export async function swapMetadataLocation(
  transaction: Transaction,
  swap: { tableUuid: string; from: string; to: string },
): Promise<boolean> {
  const rows = await transaction.query(
    `update catalog_table set metadata_location = $3 where table_uuid = $1 and metadata_location = $2
     returning table_uuid`,
    [swap.tableUuid, swap.from, swap.to],
  )
  return rows.length === 1
}
