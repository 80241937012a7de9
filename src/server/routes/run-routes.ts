import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Platform } from '../../platform/index.ts'
import { authorize } from '../authenticate.ts'
import type { LogPage, RunInfo, RunState } from '../contract.ts'
import { openEventStream } from '../event-stream.ts'

interface RunParams {
  readonly id: string
}

export function runRoutes(server: FastifyInstance, { tokens, jobs, changes }: Platform): void {
  const params = Type.Object({ id: Type.String({ format: 'uuid' }) })
  const states: readonly RunState[] = ['queued', 'running', 'retrying', 'succeeded', 'failed', 'killed']

  server.get<{ Querystring: { job?: string; state?: RunState; limit: number; before?: string } }>(
    '/runs',
    {
      schema: {
        querystring: Type.Object({
          job: Type.Optional(Type.String()),
          state: Type.Optional(Type.Enum([...states])),
          limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
          before: Type.Optional(Type.String({ format: 'uuid' })),
        }),
      },
    },
    async (request): Promise<readonly RunInfo[]> => {
      await authorize(request, tokens, 'viewer')
      return jobs.runs(request.query)
    },
  )

  server.get<{ Params: RunParams }>(
    '/runs/:id',
    { schema: { params } },
    async (request): Promise<RunInfo> => {
      await authorize(request, tokens, 'viewer')
      return jobs.run(request.params.id)
    },
  )

  server.post<{ Params: RunParams }>(
    '/runs/:id/kill',
    { schema: { params } },
    async (request): Promise<RunInfo> => {
      const { team } = await jobs.run(request.params.id)
      const { name } = await authorize(request, tokens, 'editor', team)
      return jobs.kill(request.params.id, name)
    },
  )

  const logsQuery = Type.Object({
    after: Type.Integer({ default: -1 }),
    attempt: Type.Optional(Type.Integer({ minimum: 1 })),
  })
  const logPage = async (id: string, query: { after: number; attempt?: number }): Promise<LogPage> => {
    const run = await jobs.run(id)
    const last = run.attempts.at(-1)
    const attempt =
      query.attempt === undefined ? last : run.attempts.find(({ number }) => number === query.attempt)
    if (attempt === undefined) return { attempt: query.attempt ?? 0, lines: [], done: run.endedAt !== null }
    return {
      attempt: attempt.number,
      lines: await jobs.logs(attempt.id, { after: query.after }),
      done: run.endedAt !== null || attempt.id !== last?.id,
    }
  }

  server.get<{ Params: RunParams; Querystring: { after: number; attempt?: number } }>(
    '/runs/:id/logs',
    { schema: { params, querystring: logsQuery } },
    async (request): Promise<LogPage> => {
      await authorize(request, tokens, 'viewer')
      return logPage(request.params.id, request.query)
    },
  )

  server.get<{ Params: RunParams; Querystring: { after: number; attempt?: number } }>(
    '/runs/:id/logs/live',
    { schema: { params, querystring: logsQuery } },
    async (request, reply) => {
      await authorize(request, tokens, 'viewer')
      await jobs.run(request.params.id)
      const stream = openEventStream(request, reply)
      let { after, attempt } = request.query
      // Lines come often while a run runs and nothing tells of each; a short poll of one file is cheap.
      while (!stream.signal.aborted) {
        const page = await logPage(request.params.id, {
          after,
          ...(attempt === undefined ? {} : { attempt }),
        })
        if (page.lines.length > 0) {
          stream.send('lines', page)
          after = page.lines.at(-1)!.seq
        } else if (page.done) {
          stream.send('end', page)
          break
        }
        await nextChange(changes, request.params.id, 500, stream.signal)
      }
      stream.end()
    },
  )
}

/** Resolves when a run changes, or after `ms`. */
function nextChange(
  changes: Platform['changes'],
  runId: string,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      stop()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    const stop = changes.listen((change) => {
      if (change.topic === 'runs' && change.name === runId) done()
    })
    signal.addEventListener('abort', done, { once: true })
  })
}
