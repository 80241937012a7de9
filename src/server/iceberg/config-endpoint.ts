import { endpoint, type Endpoint } from './endpoint.ts'
import { keyLifetime } from './replies.ts'
import { namespaceSeparator } from './names.ts'

/** `GET /v1/config`: what clients ask first. `served` are all endpoints that live below the prefix, which is empty. */
export function configEndpoint(served: readonly Endpoint[]): Endpoint {
  const body = {
    defaults: {},
    overrides: { 'namespace-separator': encodeURIComponent(namespaceSeparator) },
    'idempotency-key-lifetime': keyLifetime,
    endpoints: served.map(({ name }) => name.replace(' ', ' /v1/{prefix}/')),
  }
  return endpoint('GET config', 'viewer', async () => ({ body }))
}
