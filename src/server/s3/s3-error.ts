import { toNacreError, type NacreError } from '../../base/index.ts'

/** The codes of S3's API that we answer with, and their statuses: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const statuses = {
  AccessDenied: 403,
  BadDigest: 400,
  EntityTooLarge: 400,
  ExpiredToken: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const

export type S3Code = keyof typeof statuses

/** A refusal in the words of S3's API. */
export class S3Error extends Error {
  readonly code: S3Code

  constructor(code: S3Code, message: string) {
    super(message)
    this.code = code
  }

  get status(): number {
    return statuses[this.code]
  }
}

const codes: Partial<Record<NacreError['code'], S3Code>> = {
  NACRE_NOT_FOUND: 'NoSuchKey',
  NACRE_CONFLICT: 'PreconditionFailed',
  NACRE_INPUT: 'InvalidArgument',
  // Clients try again after a while.
  NACRE_DISK_FULL: 'SlowDown',
}

/** What an S3 client is told of anything thrown; a fault of ours tells nothing of itself. */
export function toS3Error(thrown: unknown): S3Error {
  if (thrown instanceof S3Error) return thrown
  if ((thrown as NodeJS.ErrnoException).code === 'ENAMETOOLONG')
    return new S3Error('KeyTooLongError', 'A part of the key is too long.')
  const { code, message } = toNacreError(thrown)
  const known = codes[code]
  return known === undefined
    ? new S3Error('InternalError', 'The object store failed; the log of Nacre tells why.')
    : new S3Error(known, message)
}
