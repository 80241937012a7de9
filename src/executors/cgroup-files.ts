import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where a controller is mounted and which group of it this process is in. */
export interface CgroupMount {
  /** Absolute folder of this process's own group. */
  readonly ownFolder: string
  readonly mountPoint: string
}

/**
 * The cgroup hierarchies that this process sees: v1 controllers by name, v2 as `unified`. Empty where there are none.
 * See cgroups(7) and proc_pid_mountinfo(5).
 */
export async function readCgroupMounts(): Promise<ReadonlyMap<string, CgroupMount>> {
  const mounts = new Map<string, CgroupMount>()
  const [mountinfo, own] = await Promise.all(
    ['/proc/self/mountinfo', '/proc/self/cgroup'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  const ownPaths = new Map<string, string>()
  for (const line of own!.split('\n')) {
    const [, id, controllers = '', path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
    if (path === undefined) continue
    for (const controller of id === '0' ? ['unified'] : controllers.split(',')) ownPaths.set(controller, path)
  }
  for (const line of mountinfo!.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root = '/', mountPoint = ''] = before.split(' ')
    const [type, , superOptions = ''] = after.split(' ')
    if (type !== 'cgroup' && type !== 'cgroup2') continue
    for (const controller of type === 'cgroup2' ? ['unified'] : superOptions.split(',')) {
      const path = ownPaths.get(controller)
      if (path === undefined) continue
      const below = root !== '/' && path.startsWith(root) ? path.slice(root.length) : path
      mounts.set(controller, { mountPoint, ownFolder: join(mountPoint, below) })
    }
  }
  return mounts
}

/** A number in a file of a cgroup: its only one, or that after `key`. Null when it is not there. */
export async function readCgroupNumber(file: string, key?: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) return null
  const line =
    key === undefined ? text : text.split('\n').find((candidate) => candidate.startsWith(`${key} `))
  const number = Number(line?.slice(key === undefined ? 0 : key.length))
  return line === undefined || Number.isNaN(number) ? null : number
}

/** Makes a group and writes its settings; `optional` ones may be missing in this kernel. */
export async function makeCgroup(
  folder: string,
  settings: Readonly<Record<string, string | number>>,
  optional: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [file, value] of Object.entries(settings)) await writeFile(join(folder, file), String(value))
  for (const [file, value] of Object.entries(optional))
    await writeFile(join(folder, file), String(value)).catch(() => undefined)
}

/** Pids of a group's own members. */
export async function readMembers(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')
  return text.split('\n').filter(Boolean).map(Number)
}

/** Kills all members through `cgroup.kill` (Linux 5.14) and waits until none is left. False when this kernel has no such file. */
export async function killByCgroup(folder: string): Promise<boolean> {
  try {
    await writeFile(join(folder, 'cgroup.kill'), '1', { flag: 'r+' })
  } catch {
    return false
  }
  await waitUntilEmpty(folder)
  return true
}

/** Waits until a group has no member: the killed take a moment to go. */
export async function waitUntilEmpty(folder: string): Promise<void> {
  for (let tries = 0; tries < 500 && (await readMembers(folder)).length > 0; tries++)
    await sleep(tries < 20 ? 2 : 20)
}

/** Removes a group, if it is there and may be. The kernel may hold it for a moment after its last member went. */
export async function removeCgroup(folder: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      return await rmdir(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return
      await sleep(10)
    }
  }
}

/** Names of the groups below one. */
export async function listCgroups(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}
