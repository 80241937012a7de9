import type { FastifyInstance } from 'fastify'
import { Gauge, Registry } from 'prom-client'
import type { Platform } from '../platform/index.ts'

/** `GET /ping` and `GET /metrics` (Prometheus text), for probes on the same machine; they tell counts only. */
export function metricsRoutes(server: FastifyInstance, platform: Platform): void {
  const registry = new Registry()
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
  gauge(
    'nacre_events_accepted_total',
    'Events acknowledged since the start.',
    () => platform.events.counters().accepted,
  )
  gauge(
    'nacre_events_landed_total',
    'Events landed in tables since the start.',
    () => platform.events.counters().landed,
  )
  gauge(
    'nacre_events_rejected_total',
    'Events that broke their contract since the start.',
    () => platform.events.counters().rejected,
  )
  gauge(
    'nacre_events_backlog_bytes',
    'Bytes acknowledged and not yet landed.',
    () => platform.events.counters().backlogBytes,
  )
  gauge('nacre_resident_memory_bytes', 'Memory of the server process.', () => process.memoryUsage.rss())

  server.get('/ping', { schema: { hide: true } as object }, async () => 'pong')
  server.get('/metrics', { schema: { hide: true } as object }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
}
