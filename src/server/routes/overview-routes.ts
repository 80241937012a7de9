import type { FastifyInstance } from 'fastify'
import type { Platform } from '../../platform/index.ts'
import { authorize } from '../authenticate.ts'
import type { DoctorReport, Overview } from '../contract.ts'
import { openEventStream } from '../event-stream.ts'

export function overviewRoutes(server: FastifyInstance, platform: Platform): void {
  const { tokens } = platform

  server.get('/overview', async (request): Promise<Overview> => {
    await authorize(request, tokens, 'viewer')
    return platform.overview()
  })

  server.get('/doctor', async (request): Promise<DoctorReport> => {
    await authorize(request, tokens, 'viewer')
    return platform.doctor()
  })

  server.get('/live', async (request, reply) => {
    await authorize(request, tokens, 'viewer')
    const stream = openEventStream(request, reply)
    const stop = platform.changes.listen((change) => stream.send('changed', change))
    stream.signal.addEventListener('abort', stop, { once: true })
  })
}
