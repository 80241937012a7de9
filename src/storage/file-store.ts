import { open, readdir, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { NacreError, syncDirectory, writeFileDurably } from '../base/index.ts'
import { fileUriOfPath, pathOfFileUri } from './file-uri.ts'
import type { Store } from './store.ts'

/** Opens the store of the local file system. Names are `file:///…` URIs below `root`, itself such a URI. */
export function openFileStore(root: string): Store {
  const rootPath = pathOfFileUri(root)
  const pathOf = (uri: string): string => {
    const path = pathOfFileUri(uri)
    if (path !== rootPath && !path.startsWith(`${rootPath}/`))
      throw new NacreError('NACRE_INPUT', `'${uri}' is outside the store ${root}; give a URI below it.`)
    return path
  }
  return {
    read: (uri) => readFile(pathOf(uri)).catch(explain(uri)),

    writeIfAbsent: (uri, data) => writeFileDurably(pathOf(uri), data, { ifAbsent: true }).catch(explain(uri)),

    async settle(uri) {
      const path = pathOf(uri)
      const handle = await open(path, 'r').catch(explain(uri))
      try {
        await handle.sync()
        // The writer may have made folders too; each is an entry in the one above.
        for (let folder = dirname(path); folder.length >= rootPath.length; folder = dirname(folder))
          await syncDirectory(folder)
        return (await handle.stat()).size
      } finally {
        await handle.close()
      }
    },

    async *list(folderUri) {
      const folder = pathOf(folderUri)
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return []
          throw error
        },
      )
      const paths = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .toSorted()
      for (const path of paths) {
        const { size, mtimeMs } = await stat(path)
        yield { uri: fileUriOfPath(path), sizeBytes: size, modifiedAt: mtimeMs }
      }
    },

    delete: (uri) =>
      unlink(pathOf(uri)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      }),
  }
}

/** Turns what the file system says into an error that names the file. A full disk keeps its code for {@link toNacreError}. */
function explain(uri: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code === 'ENOENT')
      throw new NacreError('NACRE_NOT_FOUND', `File ${uri} does not exist.`, {
        details: { uri },
        cause: error,
      })
    if (error.code === 'EEXIST')
      throw new NacreError('NACRE_CONFLICT', `File ${uri} exists already.`, {
        details: { uri },
        cause: error,
      })
    throw error
  }
}
