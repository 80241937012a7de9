import { createHash, type Hash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { NacreError } from '../../base/index.ts'
import { parseS3Xml, type FileStore } from '../../storage/index.ts'
import { byteRange } from './byte-range.ts'
import { readBody, readText } from './request-body.ts'
import { answerXml, demand, headerOf, isInternal, uriOf, type S3Call } from './s3-call.ts'
import { S3Error, toS3Error } from './s3-error.ts'

/** GET and HEAD of an object. */
export async function readObject(call: S3Call): Promise<void> {
  const { request, response, key, local } = call
  demand(call, 'read', key)
  await using handle = await openObject(local.files, uriOf(call, key), key)
  const stats = await handle.stat({ bigint: true })
  const size = Number(stats.size)
  const etag = etagOf(stats)
  response.setHeader('etag', etag)
  response.setHeader('last-modified', stats.mtime.toUTCString())
  response.setHeader('accept-ranges', 'bytes')
  if (names(headerOf(call, 'if-none-match'), etag)) return void response.writeHead(304).end()
  const match = headerOf(call, 'if-match')
  if (match !== '' && !names(match, etag))
    throw new S3Error('PreconditionFailed', `'${key}' has another ETag, ${etag}.`)
  const range = byteRange(headerOf(call, 'range'), size)
  const { start, end } = range ?? { start: 0, end: size - 1 }
  if (range) response.setHeader('content-range', `bytes ${start}-${end}/${size}`)
  response.writeHead(range ? 206 : 200, {
    'content-type': 'binary/octet-stream',
    'content-length': end - start + 1,
  })
  if (request.method === 'HEAD' || size === 0) return void response.end()
  const chunkBytes = 256 * 1024
  await pipeline(
    handle.createReadStream({ start, end, autoClose: false, highWaterMark: chunkBytes }),
    response,
  )
}

/** PUT of an object. An object never changes: the same bytes may be put again, as clients do whose answer was lost, other bytes may not. */
export async function putObject(call: S3Call): Promise<void> {
  const { response, key, local } = call
  demand(call, 'write', key)
  if (headerOf(call, 'x-amz-copy-source') !== '')
    throw new S3Error('NotImplemented', 'Objects cannot be copied; read and write them.')
  // Some clients mark a folder with an empty object. Folders need no mark here.
  if (key.endsWith('/')) return void (await readText(call, 0), response.writeHead(200).end())
  local.admit()
  const etag = await writeObject(call, readBody(call))
  response.writeHead(200, { etag }).end()
}

/** Writes an object that must be new, or the same. Gives its ETag. */
export async function writeObject(call: S3Call, data: AsyncIterable<Uint8Array>): Promise<string> {
  const { files } = call.local
  const uri = uriOf(call, call.key)
  const hash = createHash('sha256')
  try {
    await files.writeIfAbsent(uri, taken(call, data, hash))
  } catch (thrown) {
    const isTaken = thrown instanceof NacreError && thrown.code === 'NACRE_CONFLICT'
    const mayBeSame = isTaken && headerOf(call, 'if-none-match') === ''
    if (!mayBeSame || !(await holds(files, uri, hash))) throw thrown
  }
  await using handle = await files.open(uri)
  return etagOf(await handle.stat({ bigint: true }))
}

/** DELETE of an object; that there is none is no error. */
export async function deleteObject(call: S3Call): Promise<void> {
  demand(call, 'write', call.key)
  await call.local.files.delete(uriOf(call, call.key))
  call.response.writeHead(204).end()
}

/** POST ?delete: many at once, each answered for itself. */
export async function deleteObjects(call: S3Call): Promise<void> {
  const document = await parseS3Xml(await readText(call, 1024 ** 2))
  const { Object: objects, Quiet: quiet } = (document['Delete'] ?? {}) as {
    readonly Object?: readonly { readonly Key: string }[]
    readonly Quiet?: string
  }
  if (objects === undefined || objects.length > 1000)
    throw new S3Error('MalformedXML', 'Name between 1 and 1000 objects to delete.')
  const deleted: object[] = []
  const errors: object[] = []
  for (const { Key: key } of objects)
    try {
      demand(call, 'write', key)
      await call.local.files.delete(uriOf(call, key))
      deleted.push({ Key: key })
    } catch (thrown) {
      const { code, message } = toS3Error(thrown)
      errors.push({ Key: key, Code: code, Message: message })
    }
  await answerXml(call, 'DeleteResult', { ...(quiet !== 'true' && { Deleted: deleted }), Error: errors })
}

/** Stands for the content, which never changes. Its form tells clients that it is no MD5 of it. */
export function etagOf({ size, mtimeNs }: Pick<BigIntStats, 'size' | 'mtimeNs'>): string {
  return `"${createHash('sha256').update(`${size} ${mtimeNs}`).digest('hex').slice(0, 32)}-1"`
}

async function openObject(files: FileStore, uri: string, key: string): Promise<FileHandle> {
  const absent = (): S3Error => new S3Error('NoSuchKey', `There is no object '${key}'.`)
  if (isInternal(key) || key.endsWith('/')) throw absent()
  try {
    return await files.open(uri)
  } catch (thrown) {
    throw thrown instanceof NacreError && thrown.code === 'NACRE_NOT_FOUND' ? absent() : thrown
  }
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((part) => [etag, etag.slice(1, -1), '*'].includes(part.trim()))
}

/** Bytes on their way to the disk, hashed. An object may be larger than the room there was when it began: throws once room is short. */
export async function* taken(
  { local }: Pick<S3Call, 'local'>,
  data: AsyncIterable<Uint8Array>,
  hash: Hash,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of data) {
    local.admit()
    hash.update(chunk)
    yield chunk
  }
}

async function holds(files: FileStore, uri: string, hash: Hash): Promise<boolean> {
  // A name below that of another object is taken without being one.
  await using handle = await files.open(uri).catch(() => null)
  if (handle === null) return false
  const present = createHash('sha256')
  for await (const chunk of handle.createReadStream({ autoClose: false })) present.update(chunk as Buffer)
  return present.digest('hex') === hash.digest('hex')
}
