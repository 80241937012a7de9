import type { Principal } from '../../platform/index.ts'
import type { IcebergCatalog } from '../../tables/index.ts'
import { endpoint, endpointOf, type Endpoint } from './endpoint.ts'
import { listPage } from './list-page.ts'
import { fullName, identifiers, namespaceOf } from './names.ts'
import { claim, requireOwned, requireOwnTeam } from './ownership.ts'
import { inRenameWords } from './reference-words.ts'
import {
  commitViewBody,
  createViewBody,
  propertiesOf,
  registerViewBody,
  renameBody,
  viewBody,
} from './wire.ts'

export function viewEndpoints(catalog: IcebergCatalog): readonly Endpoint[] {
  const requireView = async (principal: Principal, name: string): Promise<void> =>
    requireOwned(catalog, principal, name, propertiesOf((await catalog.loadView(name)).metadata))
  return [
    endpoint('GET namespaces/{namespace}/views', 'viewer', async ({ namespace, query }) => {
      const { names, next } = await listPage(query, (page) => catalog.listViews(namespace, page))
      return { body: { identifiers: identifiers(namespace, names), 'next-page-token': next } }
    }),

    endpointOf(
      'POST namespaces/{namespace}/views',
      'editor',
      createViewBody,
      async ({ principal, namespace, body }) => {
        const name = fullName({ namespace, name: body.name })
        const properties = await claim(catalog, principal, namespace, body.properties)
        return { body: viewBody(await catalog.createView(name, { ...body, properties })) }
      },
    ),

    endpointOf(
      'POST namespaces/{namespace}/register-view',
      'admin',
      registerViewBody,
      async ({ namespace, body }) => {
        const name = fullName({ namespace, name: body.name })
        return { body: viewBody(await catalog.registerView(name, body['metadata-location'])) }
      },
    ),

    endpoint('GET namespaces/{namespace}/views/{view}', 'viewer', async ({ name }) => ({
      body: viewBody(await catalog.loadView(name)),
    })),

    endpoint('HEAD namespaces/{namespace}/views/{view}', 'viewer', async ({ name }) => {
      await catalog.loadView(name)
      return {}
    }),

    endpointOf(
      'POST namespaces/{namespace}/views/{view}',
      'editor',
      commitViewBody,
      async ({ principal, name, body }) => {
        await requireView(principal, name)
        for (const { updates, removals } of body.updates) requireOwnTeam(principal, { updates, removals })
        const { requirements = [], updates } = body
        return { body: viewBody(await catalog.commitView(name, { requirements, updates })) }
      },
    ),

    endpoint('DELETE namespaces/{namespace}/views/{view}', 'editor', async ({ principal, name }) => {
      await requireView(principal, name)
      await catalog.dropView(name)
      return {}
    }),

    endpointOf('POST views/rename', 'editor', renameBody, async ({ principal, body }) => {
      const from = fullName(body.source)
      const to = fullName(body.destination)
      await requireView(principal, from)
      await claim(catalog, principal, namespaceOf(to), {})
      await inRenameWords({ from, to }, () => catalog.renameView(from, to))
      return {}
    }),
  ]
}
