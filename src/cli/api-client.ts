import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NacreError } from '../base/index.ts'
import { stateFiles, type ServerAddress } from '../settings/index.ts'
import type { ErrorBody } from '../server/index.ts'

/** Calls the platform's API. */
export interface ApiClient {
  readonly url: string
  get<Answer>(path: string, signal?: AbortSignal): Promise<Answer>
  send<Answer>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer>
  /** Server-sent events of a path, until it ends or the signal aborts. */
  stream(path: string, signal: AbortSignal): AsyncIterable<{ readonly type: string; readonly data: unknown }>
}

/**
 * Finds the platform to talk to: NACRE_URL with NACRE_TOKEN, else what runs on the project's state folder.
 * Throws NACRE_UNAVAILABLE telling how to start one.
 */
export async function findApi(
  stateFolder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ApiClient> {
  const { NACRE_URL: url, NACRE_TOKEN: token } = environment
  if (url !== undefined && url !== '') return createApiClient(url, token ?? null)
  try {
    const address = JSON.parse(
      await readFile(join(stateFolder, stateFiles.serverAddress), 'utf8'),
    ) as ServerAddress
    const admin = token ?? (await readFile(join(stateFolder, stateFiles.adminToken), 'utf8')).trim()
    return createApiClient(address.apiUrl, admin)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new NacreError(
      'NACRE_UNAVAILABLE',
      `Nothing runs on ${stateFolder}. Start it with 'nacre up', or set NACRE_URL and NACRE_TOKEN to reach another one.`,
      { cause: error },
    )
  }
}

/** @param address Where the API listens, such as `http://127.0.0.1:4600`. */
export function createApiClient(
  address: string,
  token: string | null,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): ApiClient {
  const url = address.replace(/\/+$/, '')
  /** What a connection that fails, or breaks, means. */
  const away = (error: unknown): NacreError => {
    const cause = (error as { cause?: { message?: string } }).cause?.message ?? (error as Error).message
    return new NacreError(
      'NACRE_UNAVAILABLE',
      `Nacre at ${url} does not answer (${cause}). Start it with 'nacre up'.`,
      { cause: error },
    )
  }
  const call = async (
    method: string,
    path: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<Response> => {
    const binary = body instanceof Uint8Array
    let response: Response
    try {
      response = await fetch(`${url}/api/v1/${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': binary ? 'application/gzip' : 'application/json' }),
        },
        ...(body === undefined
          ? {}
          : { body: binary ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (error) {
      throw signal?.aborted ? error : away(error)
    }
    if (response.ok) return response
    throw errorOf(url, response.status, await response.text())
  }
  return {
    url,
    get: async <Answer>(path: string, signal?: AbortSignal) =>
      (await (await call('GET', path, undefined, signal)).json()) as Answer,
    send: async <Answer>(method: string, path: string, body?: unknown) =>
      (await (await call(method, path, body)).json()) as Answer,
    async *stream(path, signal) {
      const response = await call('GET', path, undefined, signal)
      let text = ''
      try {
        for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
          const blocks = (text + chunk).split('\n\n')
          text = blocks.pop()!
          for (const block of blocks) {
            const [type, data] = [fieldOf(block, 'event'), fieldOf(block, 'data')]
            if (type !== undefined && data !== undefined) yield { type, data: JSON.parse(data) as unknown }
          }
        }
      } catch (error) {
        if (!signal.aborted) throw away(error)
      }
    },
  }
}

/** A field of a server-sent event. Only \n ends it: for `.` and `$` so would the line separators that JSON may hold. */
function fieldOf(block: string, name: string): string | undefined {
  return new RegExp(`(?:^|\n)${name}: ([^\n]*)`).exec(block)?.[1]
}

/** The error that an answer carries; an answer of another shape does not come from Nacre. */
function errorOf(url: string, status: number, text: string): NacreError {
  try {
    const { error } = JSON.parse(text) as Partial<ErrorBody>
    if (typeof error?.message === 'string') return NacreError.fromJSON(error)
  } catch {
    // told below
  }
  return new NacreError(
    'NACRE_UNAVAILABLE',
    `${url} answered ${status}, not as Nacre does: ${text.slice(0, 200)}`,
  )
}
