import type { Clock } from '../../base/index.ts'
import {
  instantOf,
  readSignature,
  readVendedKeys,
  verifySignature,
  type KeyGrant,
  type SignedRequest,
  type SigningKey,
} from '../../storage/index.ts'
import { S3Error } from './s3-error.ts'

/** How far the clocks of client and server may be apart, as Amazon has it. */
const maxSkewMs = 15 * 60_000

/** Whose request it is and what its keys allow. Throws unless it is signed, now, with keys that we gave and that still hold. */
export async function authenticateCall(
  request: SignedRequest,
  master: string,
  clock: Clock,
): Promise<{ readonly grant: KeyGrant; readonly signing: SigningKey }> {
  const claimed = readSignature(request)
  if (claimed === null)
    throw new S3Error(
      'AccessDenied',
      'Sign the request with version 4 of AWS, with keys that the table catalog gave.',
    )
  const unsigned = Object.keys(request.headers).find(
    (name) => name.startsWith('x-amz-') && !claimed.signedHeaders.includes(name),
  )
  if (unsigned !== undefined) throw new S3Error('AccessDenied', `The header ${unsigned} must be signed.`)
  const vended = readVendedKeys(master, claimed.sessionToken)
  if (vended === null || vended.keys.accessKeyId !== claimed.accessKeyId)
    throw new S3Error(
      'InvalidAccessKeyId',
      'These keys are not from here; load the table again for new ones.',
    )
  const signing = await verifySignature(request, claimed, vended.keys)
  if (signing === null)
    throw new S3Error('SignatureDoesNotMatch', 'The signature is not the one that these keys make.')
  const now = clock.now()
  if (now >= vended.grant.expiresAt)
    throw new S3Error('ExpiredToken', 'These keys have expired; load the table again for new ones.')
  const ageMs = now - instantOf(claimed.datetime)
  const maxAgeMs = claimed.expiresSeconds === null ? maxSkewMs : claimed.expiresSeconds * 1000
  if (ageMs < -maxSkewMs || !(ageMs <= maxAgeMs))
    throw claimed.expiresSeconds === null
      ? new S3Error(
          'RequestTimeTooSkewed',
          "The request's time and the server's are more than 15 minutes apart.",
        )
      : new S3Error('AccessDenied', 'The signed address has expired.')
  return { grant: vended.grant, signing }
}
