import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { uuidv7 } from '../../base/index.ts'
import type { LocalWarehouse } from '../../platform/index.ts'
import { parseS3Xml } from '../../storage/index.ts'
import { taken, writeObject } from './objects.ts'
import { readBody, readText } from './request-body.ts'
import { answerXml, demand, type S3Call } from './s3-call.ts'
import { S3Error } from './s3-error.ts'

/**
 * An upload in parts is a folder: `key`, the parts as `<number>-<ETag>`, and in the end `done` with the object's ETag, so that a client
 * whose answer was lost may complete it again. What is given up is removed after a day.
 */
const abandonedAfterMs = 86_400_000

/** POST ?uploads */
export async function beginUpload(call: S3Call): Promise<void> {
  demand(call, 'write', call.key)
  await removeAbandoned(call.local)
  call.local.admit()
  const uploadId = uuidv7()
  const folder = join(call.local.uploadFolder, uploadId)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'key'), call.key)
  const { bucket, key } = call
  await answerXml(call, 'InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: uploadId })
}

/** PUT ?partNumber=…&uploadId=… */
export async function putPart(call: S3Call): Promise<void> {
  const folder = await uploadOf(call)
  call.local.admit()
  const number = Number(call.query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw new S3Error('InvalidArgument', 'partNumber must be a whole number from 1 to 10000.')
  const hash = createHash('sha256')
  const staged = join(folder, `${randomUUID()}.tmp`)
  try {
    await writeFile(staged, taken(call, readBody(call), hash))
    const etag = `${hash.digest('hex').slice(0, 32)}-1`
    await rename(staged, join(folder, `${number}-${etag}`))
    call.response.writeHead(200, { etag: `"${etag}"` }).end()
  } finally {
    await rm(staged, { force: true })
  }
}

/** GET ?uploadId=… */
export async function listParts(call: S3Call): Promise<void> {
  const folder = await uploadOf(call)
  const parts = (await readdir(folder)).flatMap((name) => {
    const [, number, etag] = /^(\d+)-(\w+-1)$/.exec(name) ?? []
    return number === undefined ? [] : [{ PartNumber: Number(number), ETag: `"${etag}"`, name }]
  })
  const listed = await Promise.all(
    parts
      .toSorted((a, b) => a.PartNumber - b.PartNumber)
      .map(async ({ name, ...part }) => {
        const { size, mtime } = await stat(join(folder, name))
        return { ...part, Size: size, LastModified: mtime.toISOString() }
      }),
  )
  const { bucket, key } = call
  const UploadId = call.query.get('uploadId')
  await answerXml(call, 'ListPartsResult', {
    Bucket: bucket,
    Key: key,
    UploadId,
    IsTruncated: false,
    Part: listed,
  })
}

/** POST ?uploadId=…: the object appears, whole. */
export async function completeUpload(call: S3Call): Promise<void> {
  const folder = await uploadOf(call)
  const document = await parseS3Xml(await readText(call, 2 * 1024 ** 2))
  const { Part: parts } = (document['CompleteMultipartUpload'] ?? {}) as {
    readonly Part?: readonly { readonly PartNumber?: string; readonly ETag?: string }[]
  }
  if (parts === undefined) throw new S3Error('MalformedXML', 'Name the parts that make the object.')
  const done = join(folder, 'done')
  const earlier = await readFile(done, 'utf8').catch(() => null)
  const etag = earlier ?? (await writeObject(call, concatenated(await partPaths(folder, parts))))
  if (earlier === null) {
    await writeFile(done, etag)
    for (const name of await readdir(folder))
      if (!['key', 'done'].includes(name)) await rm(join(folder, name), { force: true })
  }
  const { bucket, key } = call
  await answerXml(call, 'CompleteMultipartUploadResult', { Bucket: bucket, Key: key, ETag: etag })
}

/** DELETE ?uploadId=… */
export async function abortUpload(call: S3Call): Promise<void> {
  await rm(await uploadOf(call), { recursive: true, force: true })
  call.response.writeHead(204).end()
}

/** The folder of the upload that a call is about, which must be of the call's key. */
async function uploadOf(call: S3Call): Promise<string> {
  demand(call, 'write', call.key)
  const uploadId = call.query.get('uploadId') ?? ''
  const folder = join(call.local.uploadFolder, uploadId)
  const isId = /^[0-9a-f-]{36}$/.test(uploadId)
  const key = isId ? await readFile(join(folder, 'key'), 'utf8').catch(() => null) : null
  if (key === call.key) return folder
  throw new S3Error(
    'NoSuchUpload',
    `There is no upload '${uploadId}' of '${call.key}'; it may have been ended.`,
  )
}

async function partPaths(
  folder: string,
  parts: readonly { readonly PartNumber?: string; readonly ETag?: string }[],
): Promise<string[]> {
  const numbers = parts.map(({ PartNumber }) => Number(PartNumber))
  if (numbers.some((number, index) => index > 0 && !(number > numbers[index - 1]!)))
    throw new S3Error('InvalidPartOrder', 'Name the parts in the order of their numbers.')
  return await Promise.all(
    parts.map(async ({ PartNumber, ETag = '' }) => {
      const etag = ETag.replaceAll('"', '')
      const path = join(folder, `${Number(PartNumber)}-${etag}`)
      const isThere =
        /^\w+-1$/.test(etag) &&
        (await access(path).then(
          () => true,
          () => false,
        ))
      if (isThere) return path
      throw new S3Error('InvalidPart', `Part ${PartNumber} with ETag '${etag}' was not uploaded.`)
    }),
  )
}

async function* concatenated(paths: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const path of paths) yield* createReadStream(path) as AsyncIterable<Buffer>
}

async function removeAbandoned({ uploadFolder }: LocalWarehouse): Promise<void> {
  const names = await readdir(uploadFolder).catch(() => [])
  for (const name of names) {
    const folder = join(uploadFolder, name)
    const found = await stat(folder).catch(() => null)
    if (found !== null && Date.now() - found.mtimeMs > abandonedAfterMs)
      await rm(folder, { recursive: true, force: true })
  }
}
