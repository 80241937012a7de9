import { errorCatalogue, type ErrorCode } from './error-catalogue.ts'

/** How an error travels as JSON, over HTTP and in logs. */
export interface ErrorJson {
  readonly code: ErrorCode
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * The one error class of Nacre. `message` says what was wrong, with the value, and what to do;
 * `details` carries the same facts for programs.
 */
export class NacreError extends Error {
  override readonly name: string = 'NacreError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }

  /** HTTP status of this error. */
  get status(): number {
    return errorCatalogue[this.code].status
  }

  /** Exit code of a command that ends with this error. */
  get exit(): number {
    return errorCatalogue[this.code].exit
  }

  toJSON(): ErrorJson {
    return Object.keys(this.details).length === 0
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, details: this.details }
  }

  /** Rebuilds an error from its JSON form, which may come from anywhere; an unknown code becomes NACRE_INTERNAL. */
  static fromJSON(json: { code?: unknown; message?: unknown; details?: unknown }): NacreError {
    const code =
      typeof json.code === 'string' && Object.hasOwn(errorCatalogue, json.code)
        ? (json.code as ErrorCode)
        : 'NACRE_INTERNAL'
    const details =
      typeof json.details === 'object' && json.details !== null
        ? (json.details as Record<string, unknown>)
        : {}
    return new NacreError(code, typeof json.message === 'string' ? json.message : String(json.message), {
      details,
    })
  }
}

/** Of errno(3), and of PostgreSQL (disk_full). */
const diskFullCodes = new Set<string | undefined>(['ENOSPC', 'EDQUOT', '53100'])

/** Turns anything thrown into a NacreError, keeping the original as `cause`. Aborts become NACRE_CANCELLED, a full disk NACRE_DISK_FULL. */
export function toNacreError(thrown: unknown): NacreError {
  if (thrown instanceof NacreError) return thrown
  if (thrown instanceof Error) {
    // A bundle carries its own copy of the class.
    const { name, code, details } = thrown as Partial<NacreError>
    if (name === 'NacreError') return NacreError.fromJSON({ code, message: thrown.message, details })
    if (thrown.name === 'AbortError')
      return new NacreError('NACRE_CANCELLED', thrown.message, { cause: thrown })
    if (thrown.name === 'TimeoutError')
      return new NacreError('NACRE_TIMEOUT', thrown.message, { cause: thrown })
    if (diskFullCodes.has((thrown as NodeJS.ErrnoException).code)) {
      return new NacreError(
        'NACRE_DISK_FULL',
        `The disk is full: ${thrown.message}. Free some space; the work is tried again.`,
        { cause: thrown },
      )
    }
    return new NacreError('NACRE_INTERNAL', thrown.message, { cause: thrown })
  }
  return new NacreError('NACRE_INTERNAL', String(thrown), { cause: thrown })
}
