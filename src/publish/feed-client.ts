import { NacreError } from '../base/index.ts'
import type { Notification } from './notification.ts'

/** Asks Nacre for the notifications of a feed. */
export interface FeedClient {
  /** Some of them from a start on, oldest first; a start is `from=<latest, beginning or snapshot>` or `after=<id>`. */
  page(start: string, signal: AbortSignal): Promise<readonly Notification[]>
  /** All of them from a start on, and then each as it is published, until the connection ends. */
  events(start: string, signal: AbortSignal): AsyncGenerator<Notification, void, undefined>
}

/** The server says every 15 s that it is there. */
const silenceMs = 45_000

/** Throws NACRE_UNAVAILABLE for what may pass, and what the server answers otherwise, such as NACRE_NOT_FOUND. */
export function createFeedClient(
  { url, token, feed, name }: { url: string; token: string; feed: string; name?: string },
  fetch: typeof globalThis.fetch,
): FeedClient {
  const root = `${url.replace(/\/+$/, '')}/api/v1/feeds`
  const ask = async (address: string, signal: AbortSignal): Promise<Response> => {
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` }, signal }).catch(
      (error: unknown) => {
        throw signal.aborted ? error : unavailable(address, String((error as Error).cause ?? error), error)
      },
    )
    if (response.ok) return response
    const answer = (await response.json().catch(() => ({}))) as {
      error?: { code?: string; message?: string }
    }
    if (answer.error?.message === undefined)
      throw unavailable(address, `the server answered ${response.status}`)
    throw NacreError.fromJSON(answer.error)
  }
  return {
    async page(start, signal) {
      const response = await ask(`${root}/${feed}/notifications?${start}`, signal)
      return (await response.json()) as readonly Notification[]
    },
    async *events(start, signal) {
      const query = new URLSearchParams({ feed, ...(name === undefined ? {} : { reader: name }) })
      const address = `${root}/events?${query.toString()}&${start}`
      const silence = new AbortController()
      const response = await ask(address, AbortSignal.any([signal, silence.signal]))
      let timer: NodeJS.Timeout | undefined
      try {
        let text = ''
        const decoder = new TextDecoder()
        const watch = (): void => {
          clearTimeout(timer)
          timer = setTimeout(() => silence.abort(), silenceMs)
        }
        watch()
        for await (const chunk of response.body!) {
          watch()
          const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n')
          text = blocks.pop()!
          for (const block of blocks) {
            const data = /(?:^|\n)data: ([^\n]*)/.exec(block)?.[1]
            if (data !== undefined) yield JSON.parse(data) as Notification
          }
        }
      } catch (error) {
        if (signal.aborted) throw error
        throw unavailable(address, silence.signal.aborted ? 'it is silent' : String(error), error)
      } finally {
        clearTimeout(timer)
        silence.abort()
      }
    },
  }
}

function unavailable(address: string, reason: string, cause?: unknown): NacreError {
  return new NacreError('NACRE_UNAVAILABLE', `Nacre does not answer at ${address}: ${reason}.`, { cause })
}
