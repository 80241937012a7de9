import { readdir } from 'node:fs/promises'

/** Which names a walk gives. */
export interface FolderWalk {
  /** Only names that begin so. */
  readonly prefix?: string
  /** Only names behind this one. */
  readonly after?: string
  /** A folder is named, with `/` at its end, instead of what lies in it. */
  readonly isFlat?: boolean
}

/**
 * The files below a folder as names relative to it, parts joined by `/`, in order; none when there is no such folder. Symbolic
 * links are left out. One folder's names are held at a time, and folders without a wanted name are not read.
 */
export function walkFolder(
  folder: string,
  { prefix = '', after = '', isFlat = false }: FolderWalk = {},
): AsyncGenerator<string> {
  async function* below(name: string): AsyncGenerator<string> {
    for (const entry of await namesIn(folder, name)) {
      const isFolder = entry.endsWith('/')
      const isAbove = isFolder && prefix.startsWith(entry)
      if (!isAbove && !entry.startsWith(prefix)) continue
      if (isAbove || (isFolder && !isFlat)) {
        if (entry > after || after.startsWith(entry)) yield* below(entry)
      } else if (entry > after) yield entry
    }
  }
  return below('')
}

/** Folders with `/` at their end, where it counts for the order. */
async function namesIn(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(`${root}/${folder}`, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    },
  )
  return entries
    .flatMap((entry) => {
      if (entry.isDirectory()) return [`${folder}${entry.name}/`]
      return entry.isFile() ? [`${folder}${entry.name}`] : []
    })
    .toSorted()
}
