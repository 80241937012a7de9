import type { Principal, Warehouse } from '../../platform/index.ts'
import type { IcebergCatalog, LoadedTable } from '../../tables/index.ts'
import { namespaceOf, namespaceSeparator } from './names.ts'
import { isOwner } from './ownership.ts'

/** What a client needs to reach the files of a table. */
export interface TableAccess {
  readonly config: Readonly<Record<string, string>>
  /** Keys, where they were asked for and there are any. */
  readonly credentials: readonly {
    readonly prefix: string
    readonly config: Readonly<Record<string, string>>
  }[]
}

/** Tells how a principal reaches the files of a table; with short-lived keys when it asks for them. */
export type AccessFor = (
  principal: Principal,
  table: Pick<LoadedTable, 'name' | 'metadata'>,
  options: { withKeys: boolean },
) => Promise<TableAccess>

const secret = /access-key|session-token/

/** Keys write only to tables that the principal may change. */
export function tableAccess(catalog: IcebergCatalog, warehouse: Pick<Warehouse, 'accessConfig'>): AccessFor {
  return async (principal, { name, metadata }, { withKeys }) => {
    const { location, properties } = metadata
    const namespace = namespaceOf(name)
    const mode = (await isOwner(catalog, principal, { namespace, properties })) ? 'write' : 'read'
    const all = warehouse.accessConfig({ location, mode, principal: principal.name })
    const open = Object.fromEntries(Object.entries(all).filter(([key]) => !secret.test(key)))
    if (!withKeys || !('s3.access-key-id' in all)) return { config: open, credentials: [] }
    const path = `v1/namespaces/${encodeURIComponent(namespace.join(namespaceSeparator))}/tables/${name.split('.').at(-1)}`
    const config = { ...all, 'client.refresh-credentials-endpoint': `${path}/credentials` }
    return { config, credentials: [{ prefix: location, config }] }
  }
}
