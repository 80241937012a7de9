import { NacreError, type Log } from '../../base/index.ts'
import type { Principal } from '../../platform/index.ts'
import type { IcebergCatalog, LoadedTable } from '../../tables/index.ts'
import { allowedCommit } from './allowed-commit.ts'
import { endpoint, endpointOf, type Answer, type Endpoint } from './endpoint.ts'
import { listPage } from './list-page.ts'
import { fullName, identifiers, namespaceOf } from './names.ts'
import { claim, isOfEveryTeam, requireOwned } from './ownership.ts'
import { inRenameWords } from './reference-words.ts'
import type { AccessFor } from './table-access.ts'
import {
  commitBody,
  createTableBody,
  metricsBody,
  registerBody,
  renameBody,
  transactionBody,
} from './wire.ts'

/** Is told of each report of an engine: its type, as the engine gives it. */
export type OnReport = (type: string) => void

export function tableEndpoints(
  catalog: IcebergCatalog,
  { accessFor, log, onReport }: { accessFor: AccessFor; log: Log; onReport: OnReport },
): readonly Endpoint[] {
  const requireTable = async (principal: Principal, name: string): Promise<void> => {
    const { metadata } = await catalog.loadTable(name)
    await requireOwned(catalog, principal, name, metadata.properties)
  }
  return [
    endpoint('GET namespaces/{namespace}/tables', 'viewer', async ({ namespace, query }) => {
      const { names, next } = await listPage(query, (page) => catalog.listTables(namespace, page))
      return { body: { identifiers: identifiers(namespace, names), 'next-page-token': next } }
    }),

    endpointOf('POST namespaces/{namespace}/tables', 'editor', createTableBody, async (call) => {
      const { body, principal, namespace } = call
      if (body.location != null && !isOfEveryTeam(principal))
        throw new NacreError(
          'NACRE_NOT_ALLOWED',
          "Only an admin chooses where a table lies: leave 'location' out.",
        )
      const request = {
        name: fullName({ namespace, name: body.name }),
        schema: body.schema,
        spec: body['partition-spec'] ?? undefined,
        sortOrder: body['write-order'] ?? undefined,
        location: body.location ?? undefined,
        properties: await claim(catalog, principal, namespace, body.properties ?? {}),
      }
      if (body['stage-create'] === true)
        return { table: { name: request.name, metadata: await catalog.stageTable(request) } }
      return { table: await catalog.createTable(request, call.within(only)) }
    }),

    endpointOf('POST namespaces/{namespace}/register', 'admin', registerBody, async (call) => {
      const { name, 'metadata-location': location, overwrite = false } = call.body
      const full = fullName({ namespace: call.namespace, name })
      return { table: await catalog.registerTable(full, location, { overwrite, ...call.within(only) }) }
    }),

    endpoint('GET namespaces/{namespace}/tables/{table}', 'viewer', async ({ name, query }) => {
      const { snapshots = 'all' } = query
      if (snapshots !== 'all' && snapshots !== 'refs')
        throw new NacreError('NACRE_INPUT', `snapshots=${snapshots} is neither all nor refs.`)
      return { table: await catalog.loadTable(name) }
    }),

    endpoint('HEAD namespaces/{namespace}/tables/{table}', 'viewer', async ({ name }) => {
      await catalog.loadTable(name)
      return {}
    }),

    endpointOf('POST namespaces/{namespace}/tables/{table}', 'editor', commitBody, async (call) => {
      const commit = await allowedCommit(catalog, call.principal, { ...call.body, name: call.name })
      return only(await catalog.commit([commit], call.within(only)))
    }),

    endpoint('DELETE namespaces/{namespace}/tables/{table}', 'editor', async (call) => {
      await requireTable(call.principal, call.name)
      const purge = call.query['purgeRequested']?.toLowerCase() === 'true'
      await catalog.dropTable(call.name, { purge, ...call.within(nothing) })
      return {}
    }),

    endpoint(
      'GET namespaces/{namespace}/tables/{table}/credentials',
      'viewer',
      async ({ principal, name }) => {
        const { credentials } = await accessFor(principal, await catalog.loadTable(name), { withKeys: true })
        return { body: { 'storage-credentials': credentials } }
      },
    ),

    endpointOf('POST namespaces/{namespace}/tables/{table}/metrics', 'viewer', metricsBody, async (call) => {
      await catalog.loadTable(call.name)
      const { name: token } = call.principal
      onReport(call.body['report-type'])
      log.debug({ table: call.name, token, report: call.body }, 'An engine reports on a table.')
      return {}
    }),

    endpointOf('POST tables/rename', 'editor', renameBody, async ({ principal, body, within }) => {
      const from = fullName(body.source)
      const to = fullName(body.destination)
      await requireTable(principal, from)
      await claim(catalog, principal, namespaceOf(to), {})
      await inRenameWords({ from, to }, () => catalog.renameTable(from, to, within(nothing)))
      return {}
    }),

    endpointOf('POST transactions/commit', 'editor', transactionBody, async ({ principal, body, within }) => {
      const commits = []
      for (const { identifier, ...change } of body['table-changes'])
        commits.push(await allowedCommit(catalog, principal, { ...change, name: fullName(identifier) }))
      await catalog.commit(commits, within(nothing))
      return {}
    }),
  ]
}

const only = ([table]: readonly LoadedTable[]): Answer => ({ table: table! })
const nothing = (): Answer => ({})
