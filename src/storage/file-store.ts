import { open, realpath, stat, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { NacreError, syncDirectory, writeFileDurably } from '../base/index.ts'
import { pathOfFileUri } from './file-uri.ts'
import { localPath, type Mount } from './mount.ts'
import type { Store } from './store.ts'
import { walkFolder } from './walk-folder.ts'

/** A store whose files can be opened. */
export interface FileStore extends Store {
  /** Opens a file for reading; close it. Throws NACRE_NOT_FOUND when absent. */
  open(uri: string): Promise<FileHandle>
}

/**
 * Opens the store of a folder of this machine, given as `file:///…` URI or as mount. Names are `file:///…` URIs below the
 * folder, those of the mount as well. A symbolic link that leads out of the folder is refused.
 */
export function openFileStore(root: string | Mount): FileStore {
  const mount: Mount = typeof root === 'string' ? { uri: root, folder: pathOfFileUri(root) } : root
  const { folder } = mount

  const pathOf = async (uri: string): Promise<string> => {
    const path = localPath(uri, [mount])
    if (path === null || !isWithin(folder, path))
      throw new NacreError('NACRE_INPUT', `'${uri}' is outside the store ${mount.uri}; give a URI below it.`)
    if (!isWithin(await presentPath(folder), await presentPath(path)))
      throw new NacreError(
        'NACRE_INPUT',
        `'${uri}' leads out of ${folder} by a symbolic link; remove the link.`,
      )
    return path
  }
  const openFile = async (uri: string): Promise<FileHandle> => {
    const handle = await ifPresent(open(await pathOf(uri), 'r'))
    if ((await handle?.stat())?.isFile()) return handle!
    await handle?.close()
    throw absent(uri)
  }
  return {
    open: openFile,

    async read(uri) {
      await using handle = await openFile(uri)
      return await handle.readFile()
    },

    writeIfAbsent: async (uri, data) =>
      writeFileDurably(await pathOf(uri), data, { ifAbsent: true }).catch(explainWrite(uri)),

    async settle(uri) {
      await using handle = await openFile(uri)
      await handle.sync()
      // The writer may have made folders too; each is an entry in the one above.
      for (let above = dirname(await pathOf(uri)); isWithin(folder, above); above = dirname(above))
        await syncDirectory(above)
      return (await handle.stat()).size
    },

    async *list(folderUri) {
      const path = await pathOf(folderUri)
      for await (const name of walkFolder(path)) {
        const found = await ifPresent(stat(`${path}/${name}`)) // it may be gone by now
        if (found) yield { uri: `${folderUri}/${name}`, sizeBytes: found.size, modifiedAt: found.mtimeMs }
      }
    },

    delete: async (uri) => ifPresent(unlink(await pathOf(uri))),
  }
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/** A path without symbolic links, as far as it is there. */
async function presentPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isAbsence(error) || path === '/') throw error
    return `${await presentPath(dirname(path))}${path.slice(path.lastIndexOf('/'))}`
  }
}

function absent(uri: string): NacreError {
  return new NacreError('NACRE_NOT_FOUND', `File ${uri} does not exist.`, { details: { uri } })
}

/** What the file system says of a name that no file has: nothing is there, a part of it is a file, it is a folder. */
function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
}

/** Does what is done only to a file that is there; undefined when it is not. */
async function ifPresent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw error
  }
}

/** Turns what the file system says of a write into an error that names the file. A full disk keeps its code for {@link toNacreError}. */
function explainWrite(uri: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code === 'EEXIST' || error.code === 'ENOTDIR')
      throw new NacreError('NACRE_CONFLICT', `File ${uri} exists already.`, {
        details: { uri },
        cause: error,
      })
    throw error
  }
}
