import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Platform } from '../platform/index.ts'

/** Those of the Iceberg REST specification. */
const reportTypes: readonly string[] = ['scan-report', 'commit-report']

/**
 * `GET /ping` and `GET /metrics` (Prometheus text), for probes on the same machine; they tell counts only. Answers what counts a
 * report that an engine sends of a table, by its type.
 */
export function metricsRoutes(server: FastifyInstance, platform: Platform): (reportType: string) => void {
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

  const reports = new Counter({
    name: 'nacre_iceberg_reports_total',
    help: 'Reports of scans and commits that engines sent of tables since the start.',
    labelNames: ['type'],
    registers: [registry],
  })
  for (const type of reportTypes) reports.inc({ type }, 0)

  server.get('/ping', { schema: { hide: true } as object }, async () => 'pong')
  server.get('/metrics', { schema: { hide: true } as object }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
  // A label of any other text would be a series of its own, of the sender's making.
  return (type) => reports.inc({ type: reportTypes.includes(type) ? type : 'other' })
}
