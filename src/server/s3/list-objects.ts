import { stat } from 'node:fs/promises'
import { walkFolder } from '../../storage/index.ts'
import { etagOf } from './objects.ts'
import { answerXml, demand, isInternal, type S3Call } from './s3-call.ts'
import { S3Error } from './s3-error.ts'

const pageSize = 1000

/** ListObjectsV2: one page of keys; with the delimiter `/` what lies in a folder is one entry. */
export async function listObjects(call: S3Call): Promise<void> {
  const { query, local } = call
  const text = (name: string): string => query.get(name) ?? ''
  const [prefix, delimiter, token] = [text('prefix'), text('delimiter'), text('continuation-token')]
  if (!['', '/'].includes(delimiter))
    throw new S3Error('NotImplemented', `The delimiter can only be '/', not '${delimiter}'.`)
  demand({ ...call, key: '' }, 'read', prefix)
  const limit = Math.min(pageSize, Number(text('max-keys') || pageSize))
  if (!Number.isInteger(limit) || limit < 0)
    throw new S3Error('InvalidArgument', `max-keys is '${text('max-keys')}'; give a whole number.`)
  const after = token === '' ? text('start-after') : Buffer.from(token, 'base64url').toString()
  const isEncoded = text('encoding-type') === 'url'
  const encode = (key: string): string => (isEncoded ? key.split('/').map(encodeURIComponent).join('/') : key)

  const names: string[] = []
  let isTruncated = false
  if (limit > 0)
    for await (const name of walkFolder(local.mount.folder, { prefix, after, isFlat: delimiter === '/' })) {
      if (isInternal(name)) continue
      isTruncated = names.length === limit
      if (isTruncated) break
      names.push(name)
    }
  const contents: object[] = []
  for (const name of names) {
    if (name.endsWith('/')) continue
    const stats = await stat(`${local.mount.folder}/${name}`, { bigint: true }).catch(() => null)
    if (stats === null) continue // deleted meanwhile
    contents.push({
      Key: encode(name),
      LastModified: stats.mtime.toISOString(),
      ETag: etagOf(stats),
      Size: String(stats.size),
      StorageClass: 'STANDARD',
    })
  }
  await answerXml(call, 'ListBucketResult', {
    Name: call.bucket,
    Prefix: encode(prefix),
    ...(delimiter !== '' && { Delimiter: delimiter }),
    ...(isEncoded && { EncodingType: 'url' }),
    MaxKeys: limit,
    KeyCount: names.length,
    IsTruncated: isTruncated,
    ...(token !== '' && { ContinuationToken: token }),
    ...(isTruncated && { NextContinuationToken: Buffer.from(names.at(-1)!).toString('base64url') }),
    Contents: contents,
    CommonPrefixes: names.filter((name) => name.endsWith('/')).map((name) => ({ Prefix: encode(name) })),
  })
}
