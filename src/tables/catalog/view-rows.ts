import { NacreError } from '../../base/index.ts'
import type { Queryable, Transaction } from '../../database/index.ts'

/** A view's row. */
export interface ViewRow {
  readonly name: string
  readonly view_uuid: string
  readonly metadata_location: string
}

export async function selectView(database: Queryable, name: string): Promise<ViewRow | undefined> {
  const rows = await database.query<ViewRow>(
    'select name, view_uuid, metadata_location from catalog_view where name = $1',
    [name],
  )
  return rows[0]
}

/**
 * Throws NACRE_CONFLICT for a view's name, as tables and views share theirs, and for one that differs from another's by case alone:
 * SQL would read one for the other, and on some disks they would share a folder.
 */
export async function requireDistinctName(database: Queryable, name: string): Promise<void> {
  if (await selectView(database, name))
    throw new NacreError('NACRE_CONFLICT', `View '${name}' exists already. Choose another name.`)
  const rows = await database.query<{ name: string }>(
    `select name from (select name from catalog_table union all select name from catalog_view) as taken
     where lower(name) = lower($1) and name <> $1`,
    [name],
  )
  if (rows[0])
    throw new NacreError(
      'NACRE_CONFLICT',
      `'${name}' differs from '${rows[0].name}' by upper and lower case alone. Choose another name.`,
    )
}

/** The view of a uuid, under whatever name. */
export async function selectViewOfUuid(database: Queryable, uuid: string): Promise<ViewRow | undefined> {
  const rows = await database.query<ViewRow>(
    'select name, view_uuid, metadata_location from catalog_view where view_uuid = $1',
    [uuid],
  )
  return rows[0]
}

/** False when a view of the name exists. */
export async function insertView(transaction: Transaction, row: ViewRow): Promise<boolean> {
  const rows = await transaction.query(
    `insert into catalog_view (name, view_uuid, metadata_location) values ($1, $2, $3)
     on conflict (name) do nothing returning name`,
    [row.name, row.view_uuid, row.metadata_location],
  )
  return rows.length === 1
}

/** The commit point of a view: false when another commit came first. */
export async function swapView(
  transaction: Transaction,
  swap: { name: string; from: string; to: string },
): Promise<boolean> {
  const rows = await transaction.query(
    'update catalog_view set metadata_location = $3 where name = $1 and metadata_location = $2 returning name',
    [swap.name, swap.from, swap.to],
  )
  return rows.length === 1
}

export async function renameViewRow(transaction: Transaction, from: string, to: string): Promise<boolean> {
  const rows = await transaction.query('update catalog_view set name = $2 where name = $1 returning name', [
    from,
    to,
  ])
  return rows.length === 1
}

export async function deleteView(transaction: Transaction, name: string): Promise<boolean> {
  const rows = await transaction.query('delete from catalog_view where name = $1 returning name', [name])
  return rows.length === 1
}
