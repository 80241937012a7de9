import { backoffMs, NacreError, sha256, systemClock, type Clock } from '../base/index.ts'
import { parseS3Xml } from './s3-xml.ts'
import type { ObjectStorage } from './storage-access.ts'

/** What talking to an object store touches. */
export interface S3Effects {
  readonly fetch?: typeof globalThis.fetch
  readonly clock?: Clock
  readonly random?: () => number
  /** Ends every request and every wait between two tries. */
  readonly signal?: AbortSignal
}

/** One request for an object, or for its bucket when there is no key. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer>
  /** Answers that the caller understands beside success; all others are thrown. */
  readonly accepts?: readonly number[]
}

/** A whole answer. */
export interface S3Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** Sends signed requests about one bucket; tries again what may pass. */
export type S3Client = (request: S3Request) => Promise<S3Answer>

const retries = 6
const tryTimeoutMs = 120_000

/** A client of one bucket. Its library is loaded here, not on import. */
export async function createS3Client(
  bucket: string,
  storage: ObjectStorage,
  { fetch = globalThis.fetch, clock = systemClock, random = Math.random, signal }: S3Effects = {},
): Promise<S3Client> {
  const { AwsV4Signer } = await import('aws4fetch')
  const address = addressOf(bucket, storage)
  const cache = new Map<string, ArrayBuffer>()

  const trySending = async ({ method, key, query, headers, body }: S3Request): Promise<S3Answer> => {
    const path = key === undefined ? '' : `/${key.split('/').map(encodeURIComponent).join('/')}`
    const search = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    const { accessKeyId, secretAccessKey, sessionToken, region } = storage
    const signed = await new AwsV4Signer({
      method,
      url: `${address}${path}${search.length === 0 ? '' : `?${search.join('&')}`}`,
      headers: { ...headers, 'x-amz-content-sha256': sha256(body ?? '') },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: 's3',
      region,
      cache,
    }).sign()
    const timeout = AbortSignal.timeout(tryTimeoutMs)
    const response = await fetch(signed.url, {
      method,
      headers: signed.headers,
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body && { body }),
    })
    return { status: response.status, headers: response.headers, body: await response.bytes() }
  }

  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      const isLast = attempt > retries
      try {
        const answer = await trySending(request)
        if (answer.status < 300 || request.accepts?.includes(answer.status)) return answer
        if (isLast || !mayPass(answer)) throw await explain(answer, { bucket, request, storage })
      } catch (thrown) {
        signal?.throwIfAborted()
        if (thrown instanceof NacreError) throw thrown
        if (isLast) throw unreachable(thrown, address, bucket)
      }
      await clock.sleep(backoffMs(attempt, { minMs: 50, maxMs: 5000, random }), signal)
    }
  }
}

function addressOf(bucket: string, { endpoint, region, pathStyle }: ObjectStorage): string {
  const { protocol, host } = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`)
  return pathStyle ? `${protocol}//${host}/${bucket}` : `${protocol}//${bucket}.${host}`
}

/** Faults of the store, «slow down», and a conditional write that met another one. */
function mayPass({ status }: S3Answer): boolean {
  return status >= 500 || [408, 409, 429].includes(status)
}

function unreachable(thrown: unknown, address: string, bucket: string): NacreError {
  const { message, cause } = thrown as Error
  const why = cause instanceof Error ? `${message}: ${cause.message}` : message
  return new NacreError(
    'NACRE_UNAVAILABLE',
    `The object store at ${address} does not answer (${why}). Is NACRE_S3_ENDPOINT right, and is it running?`,
    { details: { bucket }, cause: thrown },
  )
}

/** Turns a refusal into an error that says which bucket, key and credential it was about, and what to do. */
async function explain(
  { status, headers, body }: S3Answer,
  { bucket, request, storage }: { bucket: string; request: S3Request; storage: ObjectStorage },
): Promise<NacreError> {
  const { Error: told } = await parseS3Xml(body)
  const { Code: code = `status ${status}`, Message: said = '' } = (told ?? {}) as Record<string, string>
  const name = `s3://${bucket}${request.key === undefined ? '' : `/${request.key}`}`
  const region = headers.get('x-amz-bucket-region')
  const advice = (): string => {
    if (code === 'NoSuchBucket') return `There is no bucket '${bucket}'. Make it, or correct NACRE_WAREHOUSE.`
    if ([301, 307].includes(status) || (region !== null && region !== storage.region))
      return `Bucket '${bucket}' is in ${region === null ? 'another region' : `region ${region}`}, not in ${storage.region}. Set NACRE_S3_REGION.`
    if (status === 401 || status === 403)
      return `The object store refuses key '${storage.accessKeyId}' to ${request.method} ${name} (${code}). Check the key and its secret, and that it may list, read, write and delete there.`
    return `The object store answered ${code} to ${request.method} ${name}${said === '' ? '' : `: ${said}`}.`
  }
  return new NacreError('NACRE_UNAVAILABLE', advice(), {
    details: { bucket, key: request.key, status, code },
  })
}
