import { NacreError } from '../../base/index.ts'
import { localPath, type StorageAccess } from '../../storage/index.ts'

/** What DuckDB opens for a URI: the file's path on this machine, or the URI itself when it lies in object storage. Throws NACRE_INPUT when it can reach neither. */
export function readablePath(uri: string, { mounts, objectStore }: Partial<StorageAccess>): string {
  const path = localPath(uri, mounts)
  if (path !== null) return path
  if (objectStore !== undefined && isObject(uri)) return uri
  throw new NacreError(
    'NACRE_INPUT',
    `This engine cannot reach '${uri}': it is no file URI, in no mounted folder${objectStore === undefined ? ', and no object storage was named' : ''}. Give a mount or an object storage that holds it.`,
    { details: { uri } },
  )
}

function isObject(uri: string): boolean {
  return /^s3[an]?:\/\//.test(uri)
}
