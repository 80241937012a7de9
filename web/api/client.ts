import type { ErrorBody } from '../../src/server/contract.ts'

/** An answer that is not the one hoped for. `status` is 0 when the server could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly status: number
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    status: number,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
    this.code = code
    this.status = status
    this.details = details
  }
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** Asks the server; `path` is under `/api/v1/`. Throws {@link ApiError}, and the abort's reason when aborted. */
export async function request<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = 'GET', body, signal } = options
  let response: Response
  try {
    response = await fetch(apiPath(path), {
      method,
      ...(signal === undefined ? {} : { signal }),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw new ApiError(
      'NACRE_UNAVAILABLE',
      'Nacre does not answer. Is it still running? This page tries again by itself.',
      0,
    )
  }
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer as Answer
  const error = (answer as Partial<ErrorBody> | null)?.error
  throw new ApiError(
    error?.code ?? 'NACRE_INTERNAL',
    error?.message ?? `The server answered ${response.status} without saying why.`,
    response.status,
    error?.details,
  )
}

export function apiPath(path: string): string {
  return `/api/v1/${path}`
}

/** A path whose parts are escaped: ``path`jobs/${app}/${job}` ``. */
export function path(texts: TemplateStringsArray, ...parts: readonly (string | number)[]): string {
  return String.raw({ raw: texts }, ...parts.map((part) => encodeURIComponent(part)))
}
