import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { NacreError } from '../base/index.ts'

/** https://www.sqlite.org/rescode.html#busy */
const busy = 5

/**
 * Makes this process the only one that uses a state folder. Throws NACRE_ALREADY_RUNNING naming the owner's pid. Disposing gives it back.
 *
 * An empty SQLite file is kept locked, because Node has no lock of files: the kernel gives it back however the owner ends, so no lock
 * is ever stale and of two that start at once only one succeeds.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true })
  const ownerPath = join(folder, 'owner-pid')
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
  try {
    // Without a journal nothing is written, so that a full disk does not keep Nacre from starting.
    lock.exec('pragma journal_mode = off; begin exclusive')
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== busy) throw error
    // Not yet written in the instant after the owner has begun.
    const pid = Number(await readFile(ownerPath, 'utf8').catch(() => '')) || null
    throw new NacreError(
      'NACRE_ALREADY_RUNNING',
      `Nacre already runs on ${folder}${pid === null ? '' : `, as process ${pid}`}. Stop it first (Ctrl-C${pid === null ? '' : `, or kill ${pid}`}), or give another --state-folder.`,
      { details: { pid, folder } },
    )
  }
  await writeFile(ownerPath, `${process.pid}\n`)
  return { [Symbol.asyncDispose]: async () => lock.close() }
}
