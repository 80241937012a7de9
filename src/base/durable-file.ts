import { randomUUID } from 'node:crypto'
import { link, mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Makes directory entries under `path` durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Writes a whole file durably: it appears under its name complete or not at all, and survives a power cut once this resolves.
 * With `ifAbsent` an existing file is left alone and EEXIST is thrown. Parents are made.
 */
export async function writeFileDurably(
  path: string,
  data: string | Uint8Array | AsyncIterable<Uint8Array>,
  options: { ifAbsent?: boolean; mode?: number } = {},
): Promise<void> {
  const folder = dirname(path)
  const made = await mkdir(folder, { recursive: true })
  const staged = `${path}.${randomUUID()}.tmp`
  try {
    const handle = await open(staged, 'wx', options.mode ?? 0o644)
    try {
      await handle.writeFile(data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (options.ifAbsent) {
      await link(staged, path)
      await unlink(staged)
    } else {
      await rename(staged, path)
    }
  } catch (error) {
    await unlink(staged).catch(() => undefined) // already renamed, or never made
    throw error
  }
  // A folder made here is an entry of its parent, and so on up to the first that was there.
  const top = made === undefined ? resolve(folder) : dirname(resolve(made))
  for (let parent = resolve(folder); ; parent = dirname(parent)) {
    await syncDirectory(parent)
    if (parent === top) return
  }
}
