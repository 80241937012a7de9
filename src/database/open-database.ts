import type { NacreError } from '../base/index.ts'
import type { Database } from './database.ts'

/** Where the state lives: a PostgreSQL URL, a folder for PGlite, or neither for a PGlite in memory. */
export interface DatabaseLocation {
  readonly url?: string | undefined
  readonly folder?: string | undefined
}

/**
 * Opens the state's database; the driver is loaded on first use. The caller disposes it.
 * @param options.onFailure Called once when an embedded database has stopped for good: the process should end and start again.
 */
export async function openDatabase(
  { url, folder }: DatabaseLocation,
  options: { onFailure?: (failure: NacreError) => void } = {},
): Promise<Database> {
  if (url !== undefined) return (await import('./postgres-database.ts')).openPostgres(url)
  return (await import('./pglite-database.ts')).openPGlite(folder, options)
}
