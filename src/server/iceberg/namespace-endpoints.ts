import type { IcebergCatalog, Namespace } from '../../tables/index.ts'
import { endpoint, endpointOf, type Endpoint } from './endpoint.ts'
import { contradiction } from './iceberg-error.ts'
import { listPage } from './list-page.ts'
import { checkLevels, readNamespace } from './names.ts'
import { claim, requireNamespace, requireOwnTeam } from './ownership.ts'
import { changeNamespaceBody, createNamespaceBody } from './wire.ts'

export function namespaceEndpoints(catalog: IcebergCatalog): readonly Endpoint[] {
  return [
    endpoint('GET namespaces', 'viewer', async ({ query }) => {
      const parent = readNamespace(query['parent'])
      const below = await catalog.listNamespaces(parent)
      const { names, next } = await listPage(query, async ({ after, limit }) => pageOf(below, after, limit))
      return { body: { namespaces: names.map((name) => name.split('.')), 'next-page-token': next } }
    }),

    endpointOf('POST namespaces', 'editor', createNamespaceBody, async ({ principal, body }) => {
      const namespace = checkLevels(body.namespace)
      const properties = await claim(catalog, principal, namespace.slice(0, -1), body.properties ?? {})
      await catalog.createNamespace(namespace, properties)
      return { body: { namespace, properties } }
    }),

    endpoint('GET namespaces/{namespace}', 'viewer', async ({ namespace }) => ({
      body: { namespace, properties: await catalog.loadNamespace(namespace) },
    })),

    endpoint('HEAD namespaces/{namespace}', 'viewer', async ({ namespace }) => {
      await catalog.loadNamespace(namespace)
      return {}
    }),

    endpoint('DELETE namespaces/{namespace}', 'editor', async ({ principal, namespace }) => {
      await requireNamespace(catalog, principal, namespace)
      await catalog.dropNamespace(namespace)
      return {}
    }),

    endpointOf('POST namespaces/{namespace}/properties', 'editor', changeNamespaceBody, async (call) => {
      const { removals = [], updates = {} } = call.body
      const both = removals.filter((key) => Object.hasOwn(updates, key))
      if (both.length > 0)
        throw contradiction(`Properties ${both.join(', ')} are to be both set and removed.`)
      await requireNamespace(catalog, call.principal, call.namespace)
      requireOwnTeam(call.principal, { removals, updates })
      return { body: await catalog.updateNamespace(call.namespace, { removals, updates }) }
    }),
  ]
}

function pageOf(
  namespaces: readonly Namespace[],
  after = '',
  limit = Infinity,
): { names: readonly string[]; next: string | null } {
  const names = namespaces
    .map((levels) => levels.join('.'))
    .filter((name) => name > after)
    .toSorted()
  const page = names.slice(0, limit)
  return { names: page, next: names.length > page.length ? (page.at(-1) ?? null) : null }
}
