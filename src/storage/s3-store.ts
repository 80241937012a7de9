import { NacreError, uuidv7 } from '../base/index.ts'
import { isUnsafeSegment } from './file-uri.ts'
import { createS3Client, type S3Client, type S3Effects } from './s3-client.ts'
import { parseS3Xml } from './s3-xml.ts'
import { inParts, uploadParts } from './s3-upload.ts'
import type { ObjectStorage } from './storage-access.ts'
import type { Store } from './store.ts'

/** Names an object as ours, so that a write whose answer was lost is known to have been done. */
const writeMark = 'x-amz-meta-nacre-write'

interface ListedObject {
  readonly Key: string
  readonly Size: string
  readonly LastModified: string
}

/**
 * Opens the store below `uri`, `s3://bucket` or `s3://bucket/prefix`, in S3-compatible object storage that honours conditional writes
 * (`If-None-Match: *`). A stream is uploaded in parts, two of which are held in memory.
 */
export async function openS3Store(
  {
    uri: root,
    storage,
    partBytes = 8 * 1024 ** 2,
  }: { uri: string; storage: ObjectStorage; partBytes?: number },
  effects: S3Effects = {},
): Promise<Store> {
  const bucket = bucketOf(root)
  const client = await createS3Client(bucket, storage, effects)
  const keyOf = (uri: string): string => {
    const isBelow = uri === root || uri.startsWith(`${root}/`)
    const key = uri.slice(`s3://${bucket}/`.length)
    if (isBelow && !key.includes('\0') && (key === '' || !key.split('/').some(isUnsafeSegment))) return key
    throw new NacreError('NACRE_INPUT', `'${uri}' is outside the store ${root}; give a URI below it.`)
  }
  const absent = (uri: string): NacreError =>
    new NacreError('NACRE_NOT_FOUND', `File ${uri} does not exist.`, { details: { uri } })

  return {
    async read(uri) {
      const { status, body } = await client({ method: 'GET', key: keyOf(uri), accepts: [404] })
      if (status !== 404) return body
      throw (await isMissingBucket(body)) ? noBucket(bucket) : absent(uri)
    },

    async writeIfAbsent(uri, data) {
      const key = keyOf(uri)
      const mark = uuidv7()
      const parts = inParts(data, partBytes)
      const [first, second] = [await parts.next(), await parts.next()]
      const headers = { [writeMark]: mark }
      const status =
        second.done === true
          ? await putWhole(client, key, first.value ?? new Uint8Array(), headers)
          : await uploadParts(client, { key, headers, parts: chain([first.value!, second.value], parts) })
      if (status < 300) return
      // It was there before, or an earlier try of ours succeeded and its answer was lost.
      const found = await client({ method: 'HEAD', key, accepts: [404] })
      if (found.headers.get(writeMark) === mark) return
      throw new NacreError('NACRE_CONFLICT', `File ${uri} exists already.`, { details: { uri } })
    },

    async settle(uri) {
      const { status, headers } = await client({ method: 'HEAD', key: keyOf(uri), accepts: [404] })
      if (status === 404) throw absent(uri)
      return Number(headers.get('content-length'))
    },

    async *list(folderUri) {
      const key = keyOf(folderUri)
      let token: string | undefined
      do {
        const query: Record<string, string> = {
          'list-type': '2',
          'encoding-type': 'url',
          prefix: key === '' ? '' : `${key}/`,
          ...(token !== undefined && { 'continuation-token': token }),
        }
        const { body } = await client({ method: 'GET', query })
        const page = (await parseS3Xml(body))['ListBucketResult'] as {
          readonly Contents?: readonly ListedObject[]
          readonly NextContinuationToken?: string
        }
        for (const { Key, Size, LastModified } of page.Contents ?? [])
          yield {
            uri: `s3://${bucket}/${decodeURIComponent(Key.replaceAll('+', ' '))}`,
            sizeBytes: Number(Size),
            modifiedAt: Date.parse(LastModified),
          }
        token = page.NextContinuationToken
      } while (token !== undefined)
    },

    delete: async (uri) => void (await client({ method: 'DELETE', key: keyOf(uri), accepts: [404] })),
  }
}

/** The bucket of `s3://bucket` or `s3://bucket/prefix`. Throws NACRE_INPUT for anything else. */
export function bucketOf(uri: string): string {
  const bucket = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/[^/]+)*$/.exec(uri)?.[1]
  if (bucket !== undefined) return bucket
  throw new NacreError(
    'NACRE_INPUT',
    `'${uri}' names no place in object storage; write s3://bucket or s3://bucket/prefix, without '/' at its end.`,
  )
}

async function putWhole(
  client: S3Client,
  key: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const request = { method: 'PUT', key, headers: { ...headers, 'if-none-match': '*' }, body } as const
  return (await client({ ...request, accepts: [412] })).status
}

async function isMissingBucket(body: Uint8Array): Promise<boolean> {
  const told = (await parseS3Xml(body))['Error'] as { readonly Code?: string } | undefined
  return told?.Code === 'NoSuchBucket'
}

function noBucket(bucket: string): NacreError {
  return new NacreError(
    'NACRE_UNAVAILABLE',
    `There is no bucket '${bucket}'. Make it, or correct NACRE_WAREHOUSE.`,
  )
}

async function* chain<T>(first: readonly T[], rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first
  yield* rest
}
