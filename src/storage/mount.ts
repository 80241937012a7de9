import { NacreError } from '../base/index.ts'
import { isUnsafeSegment, pathOfFileUri } from './file-uri.ts'

/** A part of the name space of files that lies in a folder of this machine: `s3://nacre/a/b` is `<folder>/a/b`. */
export interface Mount {
  /** `s3://bucket` or `s3://bucket/prefix`, without `/` at its end. */
  readonly uri: string
  /** Absolute path. */
  readonly folder: string
}

/** The path of a file on this machine; null when it lies in remote storage. Throws NACRE_INPUT for a name that leaves its mount. */
export function localPath(uri: string, mounts: readonly Mount[] = []): string | null {
  if (uri.startsWith('file:')) return pathOfFileUri(uri)
  const mount = mounts.find((candidate) => uri === candidate.uri || uri.startsWith(`${candidate.uri}/`))
  if (mount === undefined) return null
  const rest = uri.slice(mount.uri.length)
  if (rest.includes('\0') || rest.split('/').slice(1).some(isUnsafeSegment))
    throw new NacreError(
      'NACRE_INPUT',
      `'${uri}' names no file; write ${mount.uri}/folder/file, without '.', '..' or empty parts.`,
    )
  return `${mount.folder}${rest}`
}
