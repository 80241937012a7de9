import { NacreError } from '../base/index.ts'
import type { S3Client } from './s3-client.ts'
import { parseS3Xml } from './s3-xml.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Cuts a stream into parts of exactly `partBytes`, the last of which may be shorter. Holds one part. */
export async function* inParts(
  data: Uint8Array | AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Bytes, undefined> {
  if (data instanceof Uint8Array && data.length <= partBytes) return yield Uint8Array.from(data)
  let held: Uint8Array[] = []
  let heldBytes = 0
  for await (let chunk of data instanceof Uint8Array ? [data] : data) {
    while (heldBytes + chunk.length > partBytes) {
      const cut = partBytes - heldBytes
      yield Buffer.concat([...held, chunk.subarray(0, cut)])
      chunk = chunk.subarray(cut)
      held = []
      heldBytes = 0
    }
    held.push(chunk)
    heldBytes += chunk.length
  }
  if (heldBytes > 0) yield Buffer.concat(held)
}

/**
 * Uploads an object in parts, one at a time, and completes it unless the name is taken. A failure ends the upload, so that nothing
 * of it is kept. Gives the status of the completion: 412 when the name is taken, 404 when the upload was ended already.
 */
export async function uploadParts(
  client: S3Client,
  {
    key,
    headers,
    parts,
  }: { key: string; headers: Readonly<Record<string, string>>; parts: AsyncIterable<Bytes> },
): Promise<number> {
  const begun = await client({ method: 'POST', key, query: { uploads: '' }, headers })
  const { UploadId: uploadId } = (await parseS3Xml(begun.body))['InitiateMultipartUploadResult'] as {
    readonly UploadId: string
  }
  try {
    const etags: string[] = []
    for await (const body of parts) {
      const query = { partNumber: String(etags.length + 1), uploadId }
      const { headers: answered } = await client({ method: 'PUT', key, query, body })
      etags.push(answered.get('etag')!)
    }
    const list = etags.map(
      (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
    )
    const { status, body } = await client({
      method: 'POST',
      key,
      query: { uploadId },
      headers: { 'if-none-match': '*' },
      body: Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`),
      accepts: [404, 412],
    })
    // A completion that takes long begins to answer before it is done, so success is told by the document alone.
    if (status < 300 && !('CompleteMultipartUploadResult' in (await parseS3Xml(body))))
      throw new NacreError('NACRE_UNAVAILABLE', `The object store could not complete ${key}; try again.`)
    if (status === 412) await abandon(client, key, uploadId)
    return status
  } catch (thrown) {
    await abandon(client, key, uploadId)
    throw thrown
  }
}

/** Best effort: what failed to end is ended by the bucket's rule for unfinished uploads. */
async function abandon(client: S3Client, key: string, uploadId: string): Promise<void> {
  await client({ method: 'DELETE', key, query: { uploadId }, accepts: [404] }).catch(() => undefined)
}
