import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NacreError } from '../base/index.ts'

interface Owner {
  readonly pid: number
  /** Distinguishes a process from a later one that got the same pid; null where /proc is absent. */
  readonly startedAt: string | null
}

/** Makes this process the only one that uses a state folder. Throws NACRE_ALREADY_RUNNING naming the owner's pid. Disposing gives it back. */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'lock.json')
  const mine = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) } satisfies Owner)
  for (let tries = 0; ; tries++) {
    try {
      await writeFile(path, mine, { flag: 'wx' })
      return { [Symbol.asyncDispose]: () => unlink(path) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === 5) throw error
    }
    const owner = await readOwner(path)
    if (owner !== null && isAlive(owner)) {
      throw new NacreError(
        'NACRE_ALREADY_RUNNING',
        `Nacre already runs on ${folder}, as process ${owner.pid}. Stop it first (Ctrl-C, or kill ${owner.pid}), or give another --state-folder.`,
        {
          details: { pid: owner.pid, folder },
        },
      )
    }
    // Its owner is dead. Two starters may both come here: the loser of the next exclusive write sees the winner alive.
    await unlink(path).catch(() => undefined)
  }
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner
  } catch {
    return null // just removed, or torn by a crash: nobody's
  }
}

function isAlive({ pid, startedAt }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startedAt === null || startOf(pid) === startedAt
}

/** Field 22 of /proc/pid/stat: the start, in clock ticks since boot. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
