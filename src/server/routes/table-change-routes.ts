import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Platform } from '../../platform/index.ts'
import { authorizeTableEditor } from '../authorize-table-editor.ts'
import type { SnapshotChoice } from '../contract.ts'
import { atFields, tableParams, type TableParams } from './table-input.ts'

/** What editors of a table's team can do to it. */
/** Names with a space are those of the platform's own readers, such as running attempts, which nobody else may move or drop. */
const readerName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$' })

export function tableChangeRoutes(server: FastifyInstance, { tokens, tables }: Platform): void {
  const authorizeEditor = (request: FastifyRequest<{ Params: TableParams }>): Promise<void> =>
    authorizeTableEditor(request, { tokens, tables }, request.params.name)

  server.post<{ Params: TableParams; Body: SnapshotChoice }>(
    '/tables/:name/rollback',
    {
      schema: {
        params: tableParams,
        description:
          'Makes an earlier state the current one. What was committed since stays until it expires.',
        body: Type.Object(atFields),
      },
    },
    async (request) => {
      await authorizeEditor(request)
      await tables.rollBack(request.params.name, request.body)
      return {}
    },
  )

  server.post<{ Params: TableParams; Body: SnapshotChoice & { tag: string } }>(
    '/tables/:name/tags',
    {
      schema: {
        params: tableParams,
        description: 'Names a state, by default the current one, so that it does not expire.',
        body: Type.Object({ ...atFields, tag: Type.String({ minLength: 1, maxLength: 200 }) }),
      },
    },
    async (request) => {
      await authorizeEditor(request)
      const { tag, ...at } = request.body
      await tables.createTag(request.params.name, tag, at)
      return {}
    },
  )

  server.delete<{ Params: TableParams & { ref: string } }>(
    '/tables/:name/refs/:ref',
    {
      schema: {
        params: Type.Object({ name: Type.String(), ref: Type.String() }),
        description: 'Drops a tag or branch; the states that nothing else names expire.',
      },
    },
    async (request) => {
      await authorizeEditor(request)
      await tables.dropRef(request.params.name, request.params.ref)
      return {}
    },
  )

  server.put<{
    Params: TableParams & { reader: string }
    Body: { snapshotId: string; expiresAt?: string | null }
  }>(
    '/tables/:name/readers/:reader',
    {
      schema: {
        params: Type.Object({ name: Type.String(), reader: readerName }),
        description:
          'Registers a reader at the snapshot it has read, or moves it there. That snapshot and those after it do not expire until the reader moves on, is dropped, or its time is over.',
        body: Type.Object({
          snapshotId: Type.String({ pattern: '^\\d+$' }),
          expiresAt: Type.Optional(
            Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
              description: 'From then on it holds nothing; absent or null: it holds until it is dropped.',
            }),
          ),
        }),
      },
    },
    async (request) => {
      await authorizeEditor(request)
      const { name, reader } = request.params
      const { snapshotId, expiresAt = null } = request.body
      await tables.registerReader(name, { reader, snapshotId, expiresAt })
      return {}
    },
  )

  server.delete<{ Params: TableParams & { reader: string } }>(
    '/tables/:name/readers/:reader',
    {
      schema: {
        params: Type.Object({ name: Type.String(), reader: readerName }),
        description: 'Ends the registration of a reader that is gone, so that snapshots expire without it.',
      },
    },
    async (request) => {
      await authorizeEditor(request)
      await tables.dropReader(request.params.name, request.params.reader)
      return {}
    },
  )
}
