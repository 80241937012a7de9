/** What a code means to callers over HTTP and to shells. Exit codes: 1 failed work, 2 wrong use, 3 not found, 4 conflict, 5 not allowed, 6 unavailable. */
export interface ErrorKind {
  readonly status: number
  readonly exit: number
  readonly meaning: string
}

/** Every code an error of Nacre can carry. `docs/reference/errors.md` is held equal to this table by a test. */
export const errorCatalogue = {
  NACRE_INTERNAL: { status: 500, exit: 1, meaning: 'A fault in Nacre itself.' },
  NACRE_INPUT: { status: 400, exit: 2, meaning: 'A value given by the caller is wrong.' },
  NACRE_USAGE: { status: 400, exit: 2, meaning: 'A command or its flags are wrong.' },
  NACRE_NOT_FOUND: { status: 404, exit: 3, meaning: 'The named thing does not exist.' },
  NACRE_CONFLICT: { status: 409, exit: 4, meaning: 'The thing has changed or exists already.' },
  NACRE_COMMIT_CONFLICT: {
    status: 409,
    exit: 4,
    meaning: 'Another commit won; load the table again and retry.',
  },
  NACRE_STALE_ATTEMPT: {
    status: 409,
    exit: 4,
    meaning: 'The attempt is no longer the current one of its run; it must stop.',
  },
  NACRE_ALREADY_RUNNING: { status: 409, exit: 4, meaning: 'Another Nacre process owns this folder.' },
  NACRE_NOT_SIGNED_IN: { status: 401, exit: 5, meaning: 'No valid token was sent.' },
  NACRE_NOT_ALLOWED: { status: 403, exit: 5, meaning: 'The token does not allow this.' },
  NACRE_TOO_LARGE: { status: 413, exit: 2, meaning: 'The input exceeds a limit.' },
  NACRE_OVERLOADED: { status: 429, exit: 6, meaning: 'Try again later.' },
  NACRE_UNAVAILABLE: { status: 503, exit: 6, meaning: 'A part that is needed does not answer.' },
  NACRE_DISK_FULL: { status: 429, exit: 6, meaning: 'The disk is full.' },
  NACRE_CANCELLED: { status: 499, exit: 1, meaning: 'The work was cancelled.' },
  NACRE_TIMEOUT: { status: 504, exit: 1, meaning: 'The work took longer than its limit.' },
  NACRE_APP_INVALID: {
    status: 400,
    exit: 2,
    meaning: 'The app does not compile or its definitions contradict each other.',
  },
  NACRE_JOB_FAILED: { status: 500, exit: 1, meaning: "A job's code failed." },
  NACRE_CHECK_FAILED: {
    status: 422,
    exit: 1,
    meaning: 'A check on staged rows failed; nothing was published.',
  },
  NACRE_SQL: { status: 400, exit: 2, meaning: 'The engine refused a statement.' },
  NACRE_MODEL_INVALID: { status: 400, exit: 2, meaning: 'A Malloy model or query does not compile.' },
  NACRE_CORRUPT: { status: 500, exit: 1, meaning: 'Stored bytes are not what they should be.' },
} as const

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue
