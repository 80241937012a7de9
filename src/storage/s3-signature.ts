import { isSame, type VendedKeys } from './vended-keys.ts'

/** A request as it came in. */
export interface SignedRequest {
  readonly method: string
  /** The path as it was sent, and the search behind it. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** What a request says of its own signature; version 4 of AWS, for the service s3. */
export interface ClaimedSignature {
  readonly accessKeyId: string
  readonly sessionToken: string
  /** Basic ISO 8601, `20260105T120000Z`. */
  readonly datetime: string
  readonly region: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** Of a signature in the search: how long it holds. */
  readonly expiresSeconds: number | null
}

/** What the chunks of a signed body are verified with. */
export interface SigningKey {
  readonly key: ArrayBuffer
  readonly datetime: string
  /** `date/region/s3/aws4_request` */
  readonly scope: string
  /** Of the request's head; the first chunk's signature follows from it. */
  readonly seed: string
}

/** Reads a request's signature, in its headers or its search. Null when it has none that can be understood. */
export function readSignature({ url, headers }: SignedRequest): ClaimedSignature | null {
  const search = new URLSearchParams(url.split('?')[1])
  const header = (name: string): string => String(headers[name] ?? '')
  const isInSearch = search.has('X-Amz-Signature')
  const parts = isInSearch ? search : authorizationOf(header('authorization'))
  if (parts === null) return null
  const part = (name: string): string => parts.get(isInSearch ? `X-Amz-${name}` : name) ?? ''
  const [accessKeyId = '', date, region = '', service, end] = part('Credential').split('/')
  const datetime = isInSearch ? part('Date') : header('x-amz-date')
  if (service !== 's3' || end !== 'aws4_request' || !datetime.startsWith(`${date}T`)) return null
  const signedHeaders = part('SignedHeaders').split(';')
  if (!signedHeaders.includes('host') || Number.isNaN(instantOf(datetime))) return null
  return {
    accessKeyId,
    sessionToken: isInSearch ? part('Security-Token') : header('x-amz-security-token'),
    datetime,
    region,
    signedHeaders,
    signature: part('Signature'),
    expiresSeconds: isInSearch ? Number(part('Expires')) : null,
  }
}

/** Milliseconds since 1970 of a signature's time; NaN when it is none. */
export function instantOf(datetime: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(datetime) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

/** Whether keys made the claimed signature of a request; gives what the body's chunks are signed with, null when they did not. */
export async function verifySignature(
  request: SignedRequest,
  claimed: ClaimedSignature,
  keys: VendedKeys,
): Promise<SigningKey | null> {
  const { AwsV4Signer } = await import('aws4fetch')
  const [path = '', text = ''] = request.url.split('?')
  const search = new URLSearchParams(text)
  search.delete('X-Amz-Signature')
  const headers = claimed.signedHeaders
    .filter((name) => name !== 'host')
    .map((name): [string, string] => [name, String(request.headers[name] ?? '')])
  const cache = new Map<string, ArrayBuffer>()
  const plainPath = path.split('/').map((part) => encodeURIComponent(decodeURIComponent(part)))
  const signature = await new AwsV4Signer({
    method: request.method,
    url: `http://${String(request.headers['host'])}${plainPath.join('/')}?${search.toString()}`,
    headers,
    allHeaders: true,
    ...keys,
    service: 's3',
    region: claimed.region,
    datetime: claimed.datetime,
    signQuery: claimed.expiresSeconds !== null,
    cache,
  }).signature()
  if (!isSame(signature, claimed.signature)) return null
  const [key] = cache.values()
  const { datetime, region } = claimed
  return { key: key!, datetime, scope: `${datetime.slice(0, 8)}/${region}/s3/aws4_request`, seed: signature }
}

/** The parts of `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. */
function authorizationOf(header: string): Map<string, string> | null {
  if (!header.startsWith('AWS4-HMAC-SHA256 ')) return null
  const pairs = header.slice('AWS4-HMAC-SHA256 '.length).split(',')
  return new Map(
    pairs.map((pair): [string, string] => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
    }),
  )
}
