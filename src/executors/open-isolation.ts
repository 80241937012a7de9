import { statfs } from 'node:fs/promises'
import type { Isolation } from './isolation.ts'
import { createPolledIsolation } from './polled-isolation.ts'

/** statfs(2)'s type of cgroup v2 mounted at the usual place. */
const cgroup2Magic = 0x63677270

/**
 * The strongest isolation this machine allows, or the one of `kind`; null when that is not available.
 * @param name Of the groups that belong to this executor, alone on the machine.
 */
export async function openIsolation(name: string, kind?: Isolation['kind']): Promise<Isolation | null> {
  const type = (await statfs('/sys/fs/cgroup').catch(() => null))?.type ?? null
  if (type !== null && (kind ?? 'cgroup2') === 'cgroup2' && type === cgroup2Magic) {
    const isolation = await (await import('./cgroup2-isolation.ts')).openCgroup2Isolation(name)
    if (isolation !== null) return isolation
  }
  if (type !== null && (kind ?? 'cgroup1') === 'cgroup1' && type !== cgroup2Magic) {
    const isolation = await (await import('./cgroup1-isolation.ts')).openCgroup1Isolation(name)
    if (isolation !== null) return isolation
  }
  return kind === undefined || kind === 'polled' ? createPolledIsolation() : null
}
