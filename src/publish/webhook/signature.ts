import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * The header `nacre-signature` of a body sent at `seconds` (Unix time): `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>", hex>`,
 * with one `v1` for each secret.
 */
export function signatureHeader(body: string, secrets: readonly string[], seconds: number): string {
  return [
    `t=${seconds}`,
    ...secrets.map((secret) => `v1=${hmac(body, secret, seconds).toString('hex')}`),
  ].join(',')
}

/** When a header's signature was made (Unix time, seconds); undefined when none of its signatures is of this body and secret. */
export function signedAt(body: string, secret: string, header: string): number | undefined {
  const fields = header.split(',').map((field) => field.trim().split('='))
  const seconds = Number(fields.find(([key]) => key === 't')?.[1])
  if (!Number.isSafeInteger(seconds)) return undefined
  const expected = hmac(body, secret, seconds)
  const matches = fields.some(([key, hex]) => {
    const given = Buffer.from(key === 'v1' ? (hex ?? '') : '', 'hex')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
  return matches ? seconds : undefined
}

function hmac(body: string, secret: string, seconds: number): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest()
}
