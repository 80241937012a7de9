import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { NacreError } from '../base/index.ts'

const tablePattern = /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)+$/
const publicationPattern = /^\d{1,19}(-\d{1,19})?$/
const filePattern = /^(part-\d{5,}\.avro|manifest\.json)$/

/** The folder of one publication's files, by its name. */
export function exportFolderOf(root: string, table: string, publication: string): string {
  return join(root, table, publication)
}

/** Path of a file of an export, from names that come from outside. Throws NACRE_NOT_FOUND for whatever is no such file. */
export async function exportedFile(
  root: string,
  table: string,
  publication: string,
  file: string,
): Promise<string> {
  const wellNamed = tablePattern.test(table) && publicationPattern.test(publication) && filePattern.test(file)
  const path = join(exportFolderOf(root, table, publication), file)
  if (
    wellNamed &&
    (await access(path).then(
      () => true,
      () => false,
    ))
  )
    return path
  throw new NacreError(
    'NACRE_NOT_FOUND',
    `Feed '${table}' has no file '${file}' at snapshot ${publication}. It may have been superseded: read the newest notification.`,
  )
}
