import { createHmac, timingSafeEqual } from 'node:crypto'
import { sha256 } from '../base/index.ts'

/** What keys allow, until when, and to whom they were given. */
export interface KeyGrant {
  /** Folder that everything done with the keys lies in, such as `s3://nacre/shop/orders`. */
  readonly folder: string
  readonly mode: 'read' | 'write'
  readonly principal: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Keys in the form of S3's temporary credentials. */
export interface VendedKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

/**
 * Makes keys that need no record: the session token tells and signs the grant, the secret follows from the token. Who holds the
 * master secret can verify them.
 */
export function vendKeys(master: string, grant: KeyGrant): VendedKeys {
  const payload = Buffer.from(JSON.stringify(grant)).toString('base64url')
  return keysOf(master, `${payload}.${sign(master, 'token', payload)}`)
}

/** The grant of a session token and the keys that belong to it; null for a token that was not made with this master secret. */
export function readVendedKeys(
  master: string,
  sessionToken: string,
): { readonly grant: KeyGrant; readonly keys: VendedKeys } | null {
  const [payload = '', signature = '', ...rest] = sessionToken.split('.')
  if (rest.length > 0 || !isSame(signature, sign(master, 'token', payload))) return null
  const grant = JSON.parse(Buffer.from(payload, 'base64url').toString()) as KeyGrant
  return { grant, keys: keysOf(master, sessionToken) }
}

/** Compares secrets in a time that tells nothing of them. */
export function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

function keysOf(master: string, sessionToken: string): VendedKeys {
  return {
    accessKeyId: `NACRE${sha256(sessionToken).slice(0, 16).toUpperCase()}`,
    secretAccessKey: sign(master, 'secret', sessionToken),
    sessionToken,
  }
}

function sign(master: string, purpose: 'token' | 'secret', text: string): string {
  return createHmac('sha256', master).update(`${purpose}\n${text}`).digest('base64url')
}
