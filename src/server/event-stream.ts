import type { FastifyReply, FastifyRequest } from 'fastify'

/** A server-sent event stream to one client; see https://html.spec.whatwg.org/multipage/server-sent-events.html. */
export interface EventStream {
  send(type: string, data: unknown): void
  /** Aborts when the client is gone or the server closes. */
  readonly signal: AbortSignal
  end(): void
}

const keepAliveMs = 15_000

/** Turns a reply into an event stream. The route must not answer otherwise. */
export function openEventStream(request: FastifyRequest, reply: FastifyReply): EventStream {
  const gone = new AbortController()
  reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  })
  reply.raw.write(': open\n\n')
  const timer = setInterval(() => reply.raw.write(': still here\n\n'), keepAliveMs)
  request.raw.once('close', () => {
    clearInterval(timer)
    gone.abort()
  })
  return {
    signal: gone.signal,
    send: (type, data) => void reply.raw.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`),
    end: () => void reply.raw.end(),
  }
}
