import { NacreError, uuidv7 } from '../../base/index.ts'
import type { Queryable } from '../../database/index.ts'
import type { Store } from '../../storage/index.ts'
import { selectOverlapping } from './catalog-rows.ts'
import { refuse } from '../metadata/refuse.ts'
import { splitName } from './table-names.ts'

/** An empty part, `.` or `..`. */
const wayOut = /\/\.{0,2}(?:\/|$)/

/** Whether a URI names something inside a folder, without any way out of it. */
export function liesInside(uri: string, folder: string): boolean {
  return uri.startsWith(`${folder}/`) && !wayOut.test(uri.slice(folder.length))
}

/** Throws NACRE_INPUT for a place outside the warehouse. */
export function requireInside(what: string, uri: string, folder: string): void {
  if (!liesInside(uri, folder))
    refuse(`${what} ${uri} is not inside ${folder}. Name a place below it, without '.', '..' or empty parts.`)
}

/** Throws NACRE_INPUT for a file outside its table's folder. */
export function requireOwn(what: string, uri: string, location: string): void {
  if (!liesInside(uri, location))
    refuse(
      `${what} ${uri} lies outside ${location}, where the table keeps its files. Write it there and commit again.`,
    )
}

/** Throws NACRE_CONFLICT when another table has the uuid or the place: nothing lies in the folder of a table but that table. */
export async function requireFreePlace(
  database: Queryable,
  place: { name: string; tableUuid: string; location: string },
): Promise<void> {
  for (const other of await selectOverlapping(database, place)) {
    const what =
      other.table_uuid === place.tableUuid ? `has the uuid ${place.tableUuid}` : `lies at ${other.location}`
    throw new NacreError(
      'NACRE_CONFLICT',
      `'${place.name}' cannot take ${place.location}: table '${other.name}' ${what}. Choose another location, or drop that table first.`,
      { details: { table: place.name } },
    )
  }
}

/**
 * The folder of a new table. One that holds files already, of a table that was renamed away or dropped without purge, is left to
 * them.
 */
export async function newLocation(store: Store, warehouse: string, name: string): Promise<string> {
  const { namespace, table } = splitName(name)
  const folder = `${warehouse}/${namespace}/${table}`
  for await (const _ of store.list(folder)) return `${folder}-${uuidv7()}`
  return folder
}

/**
 * Throws NACRE_CONFLICT when a table left its metadata in a folder, though it be dropped: it may still be registered again, and would
 * be within reach of the new table's keys and sweep. Files of data alone may be those of the table to be, written before its commit.
 */
export async function requireUnused(store: Store, name: string, location: string): Promise<void> {
  for await (const { uri } of store.list(`${location}/metadata`))
    if (/\.metadata\.json(\.gz)?$/.test(uri))
      throw new NacreError(
        'NACRE_CONFLICT',
        `'${name}' cannot take ${location}: ${uri} is there, of another table or of one that was dropped without its files. Leave the location out.`,
        { details: { table: name } },
      )
}
