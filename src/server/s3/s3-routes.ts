import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { systemClock, type Clock, type Log } from '../../base/index.ts'
import { localRegion, type LocalWarehouse } from '../../platform/index.ts'
import { bucketOf } from '../../storage/index.ts'
import { authenticateCall } from './authenticate-call.ts'
import { listObjects } from './list-objects.ts'
import { abortUpload, beginUpload, completeUpload, listParts, putPart } from './multipart.ts'
import { deleteObject, deleteObjects, putObject, readObject } from './objects.ts'
import { answerXml, type S3Call } from './s3-call.ts'
import { S3Error, toS3Error } from './s3-error.ts'
import { s3ErrorDocument } from './s3-xml.ts'

/** A client that sends or takes nothing for so long is cut off. */
const idleMs = 120_000

/** A body up to this size is read to its end when it is refused, so that the client hears why. */
const drainedBytes = 1024 ** 2

/** Other sides of an object that S3 has. */
const unserved = ['acl', 'attributes', 'legal-hold', 'retention', 'select', 'tagging', 'torrent']

/**
 * Serves the local warehouse as a bucket in S3's API, at `/<bucket>/<key>`, to those who have keys of the table catalog. It is what engines
 * need, not all of S3: objects (whole, by range, in parts), deletion, and lists.
 */
export function s3Routes(
  server: FastifyInstance,
  { warehouse: { local }, log }: { warehouse: { local: LocalWarehouse }; log: Log },
  { clock = systemClock }: { clock?: Clock } = {},
): void {
  const bucket = bucketOf(local.mount.uri)
  void server.register(async (routes: FastifyInstance) => {
    // Bodies are read by us, as they come.
    routes.removeAllContentTypeParsers()
    routes.addContentTypeParser('*', (_request, _body, done) => done(null))
    for (const url of [`/${bucket}`, `/${bucket}/*`])
      routes.route({
        method: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
        url,
        schema: { hide: true } as object,
        async handler({ raw: request }, reply) {
          reply.hijack()
          await answer({ request, response: reply.raw, bucket, local }, { clock, log })
        },
      })
  })
}

/** Answers one request, whatever happens. */
async function answer(
  { request, response, bucket, local }: Pick<S3Call, 'request' | 'response' | 'bucket' | 'local'>,
  { clock, log }: { clock: Clock; log: Log },
): Promise<void> {
  request.socket.setTimeout(idleMs)
  const [path = '', search] = request.url!.split('?')
  const requestId = randomUUID()
  response.setHeader('x-amz-request-id', requestId)
  response.setHeader('x-amz-bucket-region', localRegion)
  try {
    const { method = '', url = '', headers } = request
    const { grant, signing } = await authenticateCall({ method, url, headers }, local.masterSecret, clock)
    const key = decodeURIComponent(path.slice(bucket.length + 2))
    const query = new URLSearchParams(search)
    await dispatch({ request, response, bucket, local, key, query, grant, signing })
  } catch (thrown) {
    if (request.socket.destroyed) return // the client is gone
    const error = toS3Error(thrown)
    if (error.status === 500)
      log.error({ err: thrown, method: request.method, path, requestId }, 'an S3 request failed')
    await refuse(request, response, error, requestId)
  }
}

async function dispatch(call: S3Call): Promise<void> {
  const { request, key, query } = call
  const has = (name: string): boolean => query.has(name)
  if (key === '') {
    if (request.method === 'HEAD') return void call.response.writeHead(200).end()
    if (request.method === 'GET' && has('location')) return await answerXml(call, 'LocationConstraint', {}) // empty means us-east-1
    if (request.method === 'GET' && query.get('list-type') === '2') return listObjects(call)
    if (request.method === 'POST' && has('delete')) return deleteObjects(call)
    throw notServed(call)
  }
  const isPart = has('uploadId')
  if (unserved.some(has)) throw notServed(call)
  if (request.method === 'GET') return isPart ? listParts(call) : readObject(call)
  if (request.method === 'HEAD') return readObject(call)
  if (request.method === 'PUT') return isPart ? putPart(call) : putObject(call)
  if (request.method === 'DELETE') return isPart ? abortUpload(call) : deleteObject(call)
  if (isPart) return completeUpload(call)
  if (has('uploads')) return beginUpload(call)
  throw notServed(call)
}

function notServed({ request, query }: S3Call): S3Error {
  return new S3Error(
    'NotImplemented',
    `${request.method} with '${[...query.keys()].join('&')}' is not served here; objects, uploads in parts and lists of version 2 are.`,
  )
}

async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: S3Error,
  requestId: string,
): Promise<void> {
  // Half of the answer is out: that it is cut off is all that can be told.
  if (response.headersSent) return void response.destroy()
  const { code, message, status } = error
  const body = await s3ErrorDocument({ Code: code, Message: message, RequestId: requestId })
  const isLong = !request.complete && !(Number(request.headers['content-length'] ?? Infinity) <= drainedBytes)
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
    ...(isLong && { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
