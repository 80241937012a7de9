import { S3Error } from './s3-error.ts'

/**
 * The one range of bytes that a `Range` header asks for, both ends within; null when there is none to heed: no header, a form we do not
 * know, several ranges (RFC 9110, 14.2). Throws InvalidRange for one that begins behind the end.
 */
export function byteRange(header: string, size: number): { start: number; end: number } | null {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return null
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (from !== '' && to !== '' && Number(to) < start) return null
  if (start <= end) return { start, end }
  throw new S3Error('InvalidRange', `The range ${header} is outside the object's ${size} bytes.`)
}
