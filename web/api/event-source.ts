import { apiPath } from './client.ts'

export interface EventHandlers {
  /** By type of server-sent event; the data are parsed JSON. */
  readonly on: Readonly<Record<string, (data: never) => void>>
  readonly onOpen?: () => void
  /** The connection broke; it is tried again until closed. */
  readonly onLost?: () => void
}

const retryMs = 2_000

/**
 * Listens to server-sent events until closed. The browser reconnects by itself only after a broken connection; after an
 * HTTP error (a proxy's 502 while the server restarts) it gives up, so we begin again.
 */
export function listenToEvents(path: string, { on, onOpen, onLost }: EventHandlers): () => void {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const open = (): void => {
    source = new EventSource(apiPath(path))
    source.addEventListener('open', () => onOpen?.())
    source.addEventListener('error', () => {
      onLost?.()
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, retryMs)
    })
    for (const [type, handle] of Object.entries(on)) {
      source.addEventListener(type, ({ data }) => handle(JSON.parse(String(data)) as never))
    }
  }
  open()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}
