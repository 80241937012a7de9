import type { Database } from './database.ts'

/** Where the state lives: a PostgreSQL URL, a folder for PGlite, or neither for a PGlite in memory. */
export interface DatabaseLocation {
  readonly url?: string | undefined
  readonly folder?: string | undefined
}

/** Opens the state's database; the driver is loaded on first use. The caller disposes it. */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  if (location.url !== undefined) return (await import('./postgres-database.ts')).openPostgres(location.url)
  return (await import('./pglite-database.ts')).openPGlite(location.folder)
}
