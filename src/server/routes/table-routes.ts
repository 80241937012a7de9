import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Platform } from '../../platform/index.ts'
import type { ChangeOptions } from '../../tables/index.ts'
import { authorize } from '../authenticate.ts'
import type {
  SnapshotChoice,
  FilePage,
  MaintenancePlan,
  MaintenanceState,
  PartitionOrder,
  PartitionPage,
  SchemaVersion,
  SnapshotPage,
  SqlAnswer,
  TableChanges,
  TableDetail,
  TableList,
  TableSnippet,
} from '../contract.ts'
import { atFields, readPartition, tableParams, type TableParams } from './table-input.ts'

type OnOverwrite = ChangeOptions['onOverwrite']

interface Slice {
  readonly offset: number
  readonly limit: number
}

const sliceFields = {
  offset: Type.Integer({ default: 0, minimum: 0 }),
  limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
}

/** What can be asked of tables; see table-change-routes.ts for what can be done to them. */
export function tableRoutes(server: FastifyInstance, { tokens, tables, queries }: Platform): void {
  server.get(
    '/tables',
    { schema: { description: 'Every table, and those whose metadata cannot be read.' } },
    async (request): Promise<TableList> => {
      await authorize(request, tokens, 'viewer')
      return tables.list()
    },
  )

  server.get<{ Params: TableParams }>(
    '/tables/:name',
    {
      schema: {
        params: tableParams,
        description: 'One table: its columns, size, freshness, who writes and reads it.',
      },
    },
    async (request): Promise<TableDetail> => {
      await authorize(request, tokens, 'viewer')
      return tables.detail(request.params.name)
    },
  )

  server.get<{ Params: TableParams }>(
    '/tables/:name/schemas',
    {
      schema: {
        params: tableParams,
        description: 'Every schema it has had, newest first, and what each changed.',
      },
    },
    async (request): Promise<readonly SchemaVersion[]> => {
      await authorize(request, tokens, 'viewer')
      return tables.schemas(request.params.name)
    },
  )

  server.get<{ Params: TableParams; Querystring: { before?: string; limit: number } }>(
    '/tables/:name/snapshots',
    {
      schema: {
        params: tableParams,
        description: 'Its states, newest first. `before` is the `nextBefore` of the page before.',
        querystring: Type.Object({
          before: Type.Optional(Type.String({ pattern: '^\\d+$' })),
          limit: sliceFields.limit,
        }),
      },
    },
    async (request): Promise<SnapshotPage> => {
      await authorize(request, tokens, 'viewer')
      return tables.snapshots(request.params.name, request.query)
    },
  )

  server.get<{ Params: TableParams; Querystring: SnapshotChoice & Slice & { order: PartitionOrder } }>(
    '/tables/:name/partitions',
    {
      schema: {
        params: tableParams,
        description: 'Partitions with the number and sizes of their files.',
        querystring: Type.Object({
          ...atFields,
          ...sliceFields,
          order: Type.Enum(['partition', 'files', 'rows', 'size', 'average'], { default: 'partition' }),
        }),
      },
    },
    async (request): Promise<PartitionPage> => {
      await authorize(request, tokens, 'viewer')
      const { order, offset, limit, ...at } = request.query
      return tables.partitions(request.params.name, at, { order, offset, limit })
    },
  )

  server.get<{ Params: TableParams; Querystring: SnapshotChoice & Slice & { partition?: string } }>(
    '/tables/:name/files',
    {
      schema: {
        params: tableParams,
        description: 'Data files, largest first, of all partitions or of the one given as JSON.',
        querystring: Type.Object({
          ...atFields,
          ...sliceFields,
          partition: Type.Optional(Type.String({ maxLength: 10_000 })),
        }),
      },
    },
    async (request): Promise<FilePage> => {
      await authorize(request, tokens, 'viewer')
      const { partition, offset, limit, ...at } = request.query
      return tables.files(request.params.name, at, { partition: readPartition(partition), offset, limit })
    },
  )

  server.get<{
    Params: TableParams
    Querystring: { after?: string; upTo?: string; onOverwrite: OnOverwrite }
  }>(
    '/tables/:name/changes',
    {
      schema: {
        params: tableParams,
        description:
          'What a reader that has read one snapshot must read to have read another: the files of the appended rows, or the partitions that were changed. Compactions change no row and are not seen. Not found: the way from that snapshot is lost, and everything must be read anew.',
        querystring: Type.Object({
          after: Type.Optional(
            Type.String({ pattern: '^\\d+$', description: 'What was read; absent: nothing yet.' }),
          ),
          upTo: Type.Optional(
            Type.String({ pattern: '^\\d+$', description: 'Absent: the current snapshot.' }),
          ),
          onOverwrite: Type.Enum(['fail', 'skip-erasures', 'partitions'], {
            default: 'fail',
            description:
              "When rows were changed or removed: 'fail' refuses, 'skip-erasures' passes over commits that forgot a person and refuses others, 'partitions' tells what to compute anew.",
          }),
        }),
      },
    },
    async (request): Promise<TableChanges> => {
      await authorize(request, tokens, 'viewer')
      const { after = null, upTo, onOverwrite } = request.query
      return tables.changes(request.params.name, { after, upTo, onOverwrite })
    },
  )

  server.get<{ Params: TableParams; Querystring: SnapshotChoice & { limit: number } }>(
    '/tables/:name/preview',
    {
      schema: {
        params: tableParams,
        description: 'Some rows, as the table is or as it was.',
        querystring: Type.Object({
          ...atFields,
          limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }),
        }),
      },
    },
    async (request): Promise<SqlAnswer> => {
      await authorize(request, tokens, 'viewer')
      const { limit, ...at } = request.query
      return queries.preview(request.params.name, limit, at)
    },
  )

  server.get<{ Params: TableParams; Querystring: { snapshotId?: string } }>(
    '/tables/:name/snippets',
    {
      schema: {
        params: tableParams,
        description: 'How to read it from PyIceberg, DuckDB, Spark, Trino and by HTTP.',
        querystring: Type.Object({ snapshotId: atFields.snapshotId }),
      },
    },
    async (request): Promise<readonly TableSnippet[]> => {
      await authorize(request, tokens, 'viewer')
      return tables.snippets(request.params.name, request.query.snapshotId ?? null)
    },
  )

  server.get<{ Params: TableParams }>(
    '/tables/:name/maintenance',
    {
      schema: {
        params: tableParams,
        description: 'When it was last compacted, how far back it can be read.',
      },
    },
    async (request): Promise<MaintenanceState> => {
      await authorize(request, tokens, 'viewer')
      return tables.maintenance(request.params.name)
    },
  )

  server.get<{ Params: TableParams }>(
    '/tables/:name/maintenance/plan',
    { schema: { params: tableParams, description: 'What maintenance would do now; nothing is done.' } },
    async (request): Promise<MaintenancePlan> => {
      await authorize(request, tokens, 'viewer')
      return tables.planMaintenance(request.params.name)
    },
  )

  server.post<{ Body: { sql: string; limit: number } }>(
    '/sql',
    {
      schema: {
        description: 'Runs one statement that reads, over the current state of the tables it names.',
        body: Type.Object({
          sql: Type.String({ minLength: 1, maxLength: 100_000 }),
          limit: Type.Integer({ default: 1000, minimum: 1, maximum: 10_000 }),
        }),
      },
    },
    async (request): Promise<SqlAnswer> => {
      await authorize(request, tokens, 'viewer')
      const gone = new AbortController()
      request.raw.once('close', () => gone.abort())
      return queries.sql(request.body.sql, { limit: request.body.limit, signal: gone.signal })
    },
  )
}
