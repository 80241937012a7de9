import { NacreError } from '../base/index.ts'
import type { Store } from './store.ts'

/** Serves the names of several stores: each name by the store below whose root it is. */
export function joinStores(parts: readonly { readonly root: string; readonly store: Store }[]): Store {
  const of = (uri: string): Store => {
    const part = parts.find(({ root }) => uri === root || uri.startsWith(`${root}/`))
    if (part) return part.store
    const roots = parts.map(({ root }) => root).join(' and ')
    throw new NacreError('NACRE_INPUT', `'${uri}' is outside the store of ${roots}; give a URI below it.`)
  }
  return {
    read: async (uri) => of(uri).read(uri),
    writeIfAbsent: async (uri, data) => of(uri).writeIfAbsent(uri, data),
    settle: async (uri) => of(uri).settle(uri),
    list: (folderUri) => of(folderUri).list(folderUri),
    delete: async (uri) => of(uri).delete(uri),
  }
}
