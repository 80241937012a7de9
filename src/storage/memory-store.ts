import { NacreError } from '../base/index.ts'
import { isUnsafeSegment } from './file-uri.ts'
import type { Store } from './store.ts'

/** Opens an empty store in memory. Names are any URIs below `root`. For tests. */
export function openMemoryStore(root = 'memory:///store'): Store {
  const files = new Map<string, { readonly data: Uint8Array; readonly modifiedAt: number }>()
  const within = (uri: string): string => {
    const rest = uri.slice(root.length)
    if (
      !uri.startsWith(root) ||
      (rest !== '' && !rest.startsWith('/')) ||
      rest.split('/').slice(1).some(isUnsafeSegment)
    )
      throw new NacreError('NACRE_INPUT', `'${uri}' is outside the store ${root}; give a URI below it.`)
    return uri
  }
  const find = (uri: string): Uint8Array => {
    const file = files.get(within(uri))
    if (!file) throw new NacreError('NACRE_NOT_FOUND', `File ${uri} does not exist.`, { details: { uri } })
    return file.data
  }
  return {
    read: async (uri) => find(uri).slice(),

    async writeIfAbsent(uri, data) {
      const bytes = data instanceof Uint8Array ? data.slice() : Buffer.concat(await Array.fromAsync(data))
      if (files.has(within(uri)))
        throw new NacreError('NACRE_CONFLICT', `File ${uri} exists already.`, { details: { uri } })
      files.set(uri, { data: bytes, modifiedAt: Date.now() })
    },

    settle: async (uri) => find(uri).length,

    async *list(folderUri) {
      const prefix = `${within(folderUri)}/`
      for (const uri of [...files.keys()].filter((name) => name.startsWith(prefix)).toSorted()) {
        const file = files.get(uri)
        if (file) yield { uri, sizeBytes: file.data.length, modifiedAt: file.modifiedAt }
      }
    },

    async delete(uri) {
      files.delete(within(uri))
    },
  }
}
