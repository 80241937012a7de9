import { NacreError } from '../base/index.ts'

/**
 * The absolute path of a `file:///…` URI. As everywhere in Iceberg, such a URI is the path as it stands behind `file://`:
 * nothing is percent-encoded. Throws NACRE_INPUT for another scheme and for `.`, `..` or empty segments, which could leave a folder.
 */
export function pathOfFileUri(uri: string): string {
  const path = uri.startsWith('file:///') ? uri.slice('file://'.length) : undefined
  if (path === undefined || path.includes('\0') || path.split('/').slice(1).some(isUnsafeSegment))
    throw new NacreError(
      'NACRE_INPUT',
      `'${uri}' is not an absolute file URI; write file:///folder/file, without '.', '..' or empty parts.`,
    )
  return path
}

/** The `file:///…` URI of an absolute path; the inverse of {@link pathOfFileUri}. */
export function fileUriOfPath(path: string): string {
  const uri = `file://${path}`
  pathOfFileUri(uri)
  return uri
}

/** Whether a part of a name could lead out of its folder, or name one file in two ways. */
export function isUnsafeSegment(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..'
}
