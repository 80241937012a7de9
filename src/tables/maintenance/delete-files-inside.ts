import type { LoadedTable } from '../commit/commit-tables.ts'
import { forgetManifests } from '../scan/file-index.ts'
import { mapConcurrently } from '../commit/map-concurrently.ts'
import type { ChangeWorld } from '../commit/commit-changes.ts'

/** Whether a file lies in a table's own folder. A name that could lead out of it does not. */
export function isInside({ metadata }: LoadedTable, uri: string): boolean {
  const folder = `${metadata.location}/`
  return (
    uri.startsWith(folder) &&
    uri
      .slice(folder.length)
      .split('/')
      .every((segment) => !['', '.', '..'].includes(segment))
  )
}

/** Deletes files of a table. One that cannot be deleted now is an orphan, and goes with the next sweep. */
export async function deleteFiles(
  { database, store, log }: ChangeWorld,
  table: LoadedTable,
  uris: readonly string[],
): Promise<void> {
  const own = uris.filter((uri) => isInside(table, uri))
  if (own.length === 0) return
  await forgetManifests(
    database,
    own.filter((uri) => uri.endsWith('.avro')),
  )
  await mapConcurrently(own, async (uri) => {
    try {
      await store.delete(uri)
    } catch (error) {
      log.warn({ table: table.name, uri, error }, 'A file that is no longer needed could not be deleted.')
    }
  })
}
