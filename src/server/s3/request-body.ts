import { createHash } from 'node:crypto'
import { openChecksum, type Checksum } from './checksum.ts'
import { readChunked } from './chunked-body.ts'
import { headerOf, type S3Call } from './s3-call.ts'
import { S3Error } from './s3-error.ts'

/** S3's own limit for one object or part that is sent at once. */
const maxBodyBytes = 5 * 1024 ** 3

/**
 * The body of a request as it was meant, without the framing of `aws-chunked`. It is verified against everything the request says of
 * it: length, SHA-256, signatures of chunks, checksums and MD5. What does not agree is thrown at the end, so nothing is to be made visible before.
 */
export async function* readBody(call: S3Call): AsyncGenerator<Uint8Array> {
  const { request, signing } = call
  const content = headerOf(call, 'x-amz-content-sha256')
  const isChunked = content.startsWith('STREAMING-')
  const length = Number(
    headerOf(call, isChunked ? 'x-amz-decoded-content-length' : 'content-length') || 'none',
  )
  if (!Number.isSafeInteger(length))
    throw new S3Error('MissingContentLength', 'Say how long the body is: send Content-Length.')
  if (length > maxBodyBytes)
    throw new S3Error('EntityTooLarge', `The body has ${length} bytes; upload what exceeds 5 GiB in parts.`)
  const announced = announcedDigests(call)
  const digests = new Map<string, Checksum | null>()
  for (const name of announced.keys()) digests.set(name, openDigest(name))
  const trailing = headerOf(call, 'x-amz-trailer').toLowerCase()
  if (trailing !== '') digests.set(trailing, openDigest(trailing))

  // The connection is left open, so that it can be answered.
  const sent: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false })
  const source = isChunked
    ? readChunked(sent, {
        signing: content.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD') ? signing : null,
        onTrailer: (name, value) => announced.set(name, value),
      })
    : sent
  let received = 0
  for await (const data of source) {
    received += data.length
    if (received > length) break
    for (const digest of digests.values()) digest?.update(data)
    yield data
  }
  if (received !== length)
    throw new S3Error(
      'IncompleteBody',
      `The body has ${received} bytes, not the ${length} that were announced.`,
    )
  for (const [name, digest] of digests) {
    if (digest === null || announced.get(name) === digest.digest()) continue
    throw name === 'x-amz-content-sha256'
      ? new S3Error('XAmzContentSHA256Mismatch', 'The body is not the one that was signed.')
      : new S3Error('BadDigest', `The body does not agree with the ${name} that was sent.`)
  }
}

/** A small body as text. Throws EntityTooLarge beyond `maxBytes`. */
export async function readText(call: S3Call, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of readBody(call)) {
    size += part.length
    if (size > maxBytes) throw new S3Error('EntityTooLarge', `The document exceeds ${maxBytes} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

/** Digests that the head of a request names, by header. */
function announcedDigests(call: S3Call): Map<string, string> {
  const named = Object.keys(call.request.headers).filter(
    (name) => name === 'content-md5' || /^x-amz-checksum-(crc|sha)/.test(name),
  )
  const digests = new Map(named.map((name): [string, string] => [name, headerOf(call, name)]))
  const content = headerOf(call, 'x-amz-content-sha256')
  if (/^[0-9a-f]{64}$/.test(content)) digests.set('x-amz-content-sha256', content)
  else if (!['', 'UNSIGNED-PAYLOAD'].includes(content) && !content.startsWith('STREAMING-'))
    throw new S3Error('InvalidArgument', `x-amz-content-sha256 is '${content}', which is no digest.`)
  return digests
}

function openDigest(header: string): Checksum | null {
  if (!header.startsWith('x-amz-checksum-')) {
    const hash = createHash(header === 'content-md5' ? 'md5' : 'sha256')
    const encoding = header === 'content-md5' ? 'base64' : 'hex'
    return { update: (data) => void hash.update(data), digest: () => hash.digest(encoding) }
  }
  return openChecksum(header.slice('x-amz-checksum-'.length))
}
