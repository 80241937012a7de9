import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { NacreError } from '../base/index.ts'

/** Reads a request's body whole. Rejects with NACRE_TOO_LARGE as soon as it exceeds `maxBytes`; the rest is left unread. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    return Promise.reject(tooLarge(maxBytes, 'The body'))
  }
  // Listeners, for iterating over the request costs a tenth of the whole answer.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const take = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes <= maxBytes) return void chunks.push(chunk)
      request.off('data', take)
      reject(tooLarge(maxBytes, 'The body'))
    }
    request.on('data', take)
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.once('error', reject)
  })
}

/**
 * The JSON text of a body. Gzip is told by its first two bytes, never by headers: Rudder's client sends gzip under a form's
 * content type. Throws NACRE_TOO_LARGE when it would inflate beyond `maxBytes`, NACRE_INPUT when the gzip is broken.
 */
export function bodyText(body: Buffer, maxBytes: number): string {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body.toString('utf8')
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes }).toString('utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(maxBytes, 'The inflated body')
    }
    throw new NacreError('NACRE_INPUT', `The body is broken gzip: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}

function tooLarge(maxBytes: number, what: string): NacreError {
  return new NacreError(
    'NACRE_TOO_LARGE',
    `${what} is larger than ${maxBytes} bytes. Send fewer events in one request.`,
    { details: { maxBytes } },
  )
}
