import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  killByCgroup,
  listCgroups,
  makeCgroup,
  readCgroupMounts,
  readCgroupNumber,
  removeCgroup,
} from './cgroup-files.ts'
import { maxProcesses, type Isolation, type ProcessGroup } from './isolation.ts'

/**
 * Isolation by cgroup v2, below this process's own group: under systemd it needs `Delegate=yes`. This process moves into
 * the leaf `supervisor` when it must, as a group that hands on controllers may not hold processes itself. Null when that is not allowed.
 */
export async function openCgroup2Isolation(name: string): Promise<Isolation | null> {
  const mount = (await readCgroupMounts()).get('unified')
  if (mount === undefined) return null
  const root = join(mount.ownFolder, name)
  try {
    await delegate(mount.ownFolder, mount.ownFolder === mount.mountPoint)
    await makeCgroup(root, {})
    await writeFile(join(root, 'cgroup.subtree_control'), '+memory +cpu +pids')
    await makeCgroup(join(root, 'probe'), { 'memory.max': 'max' })
    await removeCgroup(join(root, 'probe'))
  } catch {
    return null
  }

  const groupOf = (attemptId: string): ProcessGroup => {
    const folder = join(root, attemptId)
    return {
      joinFiles: [join(folder, 'cgroup.procs')],
      begin: () => undefined,
      sample: async () => undefined,
      killAll: async () => void (await killByCgroup(folder)),
      isOutOfMemory: async () =>
        ((await readCgroupNumber(join(folder, 'memory.events'), 'oom_kill')) ?? 0) > 0,
      async usage() {
        const microseconds = await readCgroupNumber(join(folder, 'cpu.stat'), 'usage_usec')
        return {
          peakMemoryBytes: await readCgroupNumber(join(folder, 'memory.peak')),
          cpuMs: microseconds === null ? null : microseconds / 1000,
        }
      },
      remove: () => removeCgroup(folder),
    }
  }
  return {
    kind: 'cgroup2',
    async createGroup(attemptId, { cpus, memoryBytes }) {
      await makeCgroup(
        join(root, attemptId),
        { 'memory.max': memoryBytes, 'pids.max': maxProcesses },
        {
          'memory.swap.max': 0,
          'memory.oom.group': 1,
          'cpu.weight': Math.min(10_000, Math.max(1, Math.round(100 * cpus))),
        },
      )
      return groupOf(attemptId)
    },
    async endLeftovers() {
      for (const attemptId of await listCgroups(root)) {
        await groupOf(attemptId).killAll()
        await groupOf(attemptId).remove()
      }
    },
    close: () => removeCgroup(root),
  }
}

/** Lets groups below `own` have controllers. */
async function delegate(own: string, isRoot: boolean): Promise<void> {
  const control = join(own, 'cgroup.subtree_control')
  const given = (await readFile(control, 'utf8')).split(/\s+/)
  if (['memory', 'cpu', 'pids'].every((controller) => given.includes(controller))) return
  if (!isRoot) {
    await makeCgroup(join(own, 'supervisor'), {})
    await writeFile(join(own, 'supervisor', 'cgroup.procs'), String(process.pid))
  }
  await writeFile(control, '+memory +cpu +pids')
}
