import fastifyRateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance } from 'fastify'
import { parseLossless, silentLog } from '../../src/base/index.ts'
import type { Database } from '../../src/database/index.ts'
import { tokenMigrations, Tokens, type Role } from '../../src/platform/tokens.ts'
import type { Warehouse } from '../../src/platform/index.ts'
import { icebergRoutes } from '../../src/server/iceberg/iceberg-routes.ts'
import { migrations } from '../../src/tables/index.ts'
import { databases } from './databases.ts'
import { tempCatalog, type TempCatalog } from './temp-catalog.ts'

/** JSON that tests look into without asking what it is. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Body = any

/** What the catalog answered. */
export interface IcebergAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Body
}

export interface IcebergRequest {
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Keys that tell what they are for. */
const accessConfig: Warehouse['accessConfig'] = ({ location, mode, principal }) => ({
  's3.endpoint': 'http://localhost:1',
  's3.access-key-id': `${mode} ${location} ${principal}`,
  's3.secret-access-key': 'secret',
})

/** The REST catalog on a warehouse of its own, called in this process. */
export interface IcebergServer extends AsyncDisposable {
  readonly server: FastifyInstance
  readonly tokens: Tokens
  readonly world: TempCatalog
  tokenOf(role: Role, team?: string): Promise<string>
  /** Sends `GET namespaces` and the like; with an admin's token unless another, or '', is given. */
  send(request: string, options?: IcebergRequest): Promise<IcebergAnswer>
}

/** @param through A database between the catalog and its own, that may fail. */
export async function icebergServer(
  through: (database: Database) => Database = (database) => database,
): Promise<IcebergServer> {
  await using opening = new AsyncDisposableStack()
  const database = through(opening.use(await databases[0]!.open([...tokenMigrations, ...migrations])))
  const world = opening.use(tempCatalog(database))
  const tokens = new Tokens(database)
  const server = fastify({ routerOptions: { maxParamLength: 1000 } })
  opening.defer(() => server.close())
  await server.register(fastifyRateLimit, { global: false })
  await server.register(
    (scope: FastifyInstance) =>
      icebergRoutes(scope, {
        database,
        tokens,
        log: silentLog,
        catalog: world.catalog,
        warehouse: { accessConfig },
      }),
    { prefix: '/iceberg' },
  )
  let made = 0
  const tokenOf: IcebergServer['tokenOf'] = async (role, team) =>
    (await tokens.create({ name: `${role}-${made++}`, role, team: team ?? null })).secret
  const admin = await tokenOf('admin')
  const stack = opening.move()
  return {
    server,
    tokens,
    world,
    tokenOf,
    async send(request, { token = admin, body, headers = {} } = {}) {
      const [method, path] = request.split(' ')
      const response = await server.inject({
        method: method as 'GET',
        url: `/iceberg/v1/${path}`,
        headers: {
          ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      return {
        status: response.statusCode,
        headers: response.headers,
        body: response.body === '' ? undefined : parseLossless(response.body),
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
