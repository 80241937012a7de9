import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  killByCgroup,
  listCgroups,
  makeCgroup,
  readCgroupMounts,
  readCgroupNumber,
  readMembers,
  removeCgroup,
  waitUntilEmpty,
} from './cgroup-files.ts'
import { maxProcesses, type Isolation, type Limits, type ProcessGroup } from './isolation.ts'

/**
 * Isolation by cgroup v1 controllers, below this process's own groups. Null when the memory controller cannot be used, or nothing can kill.
 * Where cgroup v2 is mounted beside v1 (`unified`) it kills and counts processor time; else freezer and cpuacct do.
 * @param name Of the groups that belong to this executor, alone on the machine.
 */
export async function openCgroup1Isolation(
  name: string,
  { readMounts = readCgroupMounts }: { readMounts?: typeof readCgroupMounts } = {},
): Promise<Isolation | null> {
  const mounts = await readMounts()
  const roots = new Map<string, string>()
  const use = async (controller: string, needed = 'cgroup.procs'): Promise<boolean> => {
    const mount = mounts.get(controller)
    const root = mount === undefined ? null : join(mount.ownFolder, name)
    if (root === null || !(await isUsable(root, needed))) return false
    roots.set(controller, root)
    return true
  }
  if (!(await use('memory'))) return null
  // Each hierarchy costs every start some milliseconds, so none is joined in vain.
  for (const controller of (await use('unified', 'cgroup.kill'))
    ? ['cpu', 'pids']
    : ['freezer', 'cpuacct', 'cpu', 'pids'])
    await use(controller)
  if (!(roots.has('unified') || roots.has('freezer'))) return null

  const groupOf = (attemptId: string): ProcessGroup => {
    const folders = new Map([...roots].map(([controller, root]) => [controller, join(root, attemptId)]))
    const folder = (controller: string): string => folders.get(controller) ?? ''
    return {
      joinFiles: [...folders.values()].map((path) => join(path, 'cgroup.procs')),
      begin: () => undefined,
      sample: async () => undefined,
      killAll: async () => {
        if (!(await killByCgroup(folder('unified')))) await killFrozen(folder('freezer'))
        await waitUntilEmpty(folder('memory'))
      },
      isOutOfMemory: async () =>
        ((await readCgroupNumber(join(folder('memory'), 'memory.oom_control'), 'oom_kill')) ?? 0) > 0,
      async usage() {
        const microseconds = await readCgroupNumber(join(folder('unified'), 'cpu.stat'), 'usage_usec')
        const nanoseconds = await readCgroupNumber(join(folder('cpuacct'), 'cpuacct.usage'))
        return {
          peakMemoryBytes: await readCgroupNumber(join(folder('memory'), 'memory.max_usage_in_bytes')),
          cpuMs: microseconds !== null ? microseconds / 1e3 : nanoseconds !== null ? nanoseconds / 1e6 : null,
        }
      },
      async remove() {
        for (const path of folders.values()) await removeCgroup(path)
      },
    }
  }
  return {
    kind: 'cgroup1',
    async createGroup(attemptId, limits) {
      await Promise.all(
        [...roots].map(([controller, root]) => {
          const { required = {}, optional = {} } = settingsOf(controller, limits)
          return makeCgroup(join(root, attemptId), required, optional)
        }),
      )
      return groupOf(attemptId)
    },
    async endLeftovers() {
      const left = new Set((await Promise.all([...roots.values()].map(listCgroups))).flat())
      for (const attemptId of left) {
        const group = groupOf(attemptId)
        await group.killAll()
        await group.remove()
      }
    },
    async close() {
      for (const root of roots.values()) await removeCgroup(root)
    },
  }
}

type Settings = Readonly<Record<string, string | number>>

function settingsOf(
  controller: string,
  { cpus, memoryBytes }: Limits,
): { required?: Settings; optional?: Settings } {
  switch (controller) {
    case 'memory':
      return {
        required: { 'memory.limit_in_bytes': memoryBytes },
        // Swap counted in, where the kernel counts it.
        optional: { 'memory.memsw.limit_in_bytes': memoryBytes },
      }
    case 'cpu':
      return { optional: { 'cpu.shares': Math.round(1024 * cpus) } }
    case 'pids':
      return { optional: { 'pids.max': maxProcesses } }
    default:
      return {}
  }
}

/** Stops the clock for a group first, so that no member forks away from its kill. */
async function killFrozen(folder: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const pids = await readMembers(folder)
    if (pids.length === 0) return
    await writeFile(join(folder, 'freezer.state'), 'FROZEN')
    for (const pid of await readMembers(folder)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It was a zombie already.
      }
    }
    await writeFile(join(folder, 'freezer.state'), 'THAWED')
    await sleep(5)
  }
}

/** Whether groups can be made below `root` and have the file `needed`. */
async function isUsable(root: string, needed: string): Promise<boolean> {
  try {
    await makeCgroup(join(root, 'probe'), {})
    await access(join(root, 'probe', needed))
    return true
  } catch {
    return false
  } finally {
    await removeCgroup(join(root, 'probe'))
  }
}
