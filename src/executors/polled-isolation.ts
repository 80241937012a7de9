import { setTimeout as sleep } from 'node:timers/promises'
import type { AttemptUsage, Isolation, Limits, ProcessGroup } from './isolation.ts'
import { hasVariable, listProcesses, type ProcessInfo } from './process-table.ts'

/** In the environment of every process of an attempt, and of what it forks, sessions of their own included. */
export const markerVariable = 'NACRE_ATTEMPT_GROUP'

/**
 * For machines without rights on cgroups, such as macOS: the attempt's processes are found by descent, process group and, on Linux, the
 * marker in their environment. Memory is looked at about once a second and may be exceeded in between; processor shares are not enforced.
 */
export function createPolledIsolation(): Isolation {
  return {
    kind: 'polled',
    createGroup: async (attemptId, limits) => createPolledGroup(attemptId, limits),
    async endLeftovers(attemptIds) {
      for (const attemptId of attemptIds) await createPolledGroup(attemptId, null).killAll()
    },
    close: async () => undefined,
  }
}

function createPolledGroup(attemptId: string, limits: Limits | null): ProcessGroup {
  const seen = new Map<string, { isMember: boolean; cpuMs: number }>()
  let mainPid: number | null = null
  let peakMemoryBytes = 0
  let samplesOver = 0

  /** Each process of the machine is judged once, when first seen: later it may have a new parent or another environment. */
  const members = async (): Promise<ProcessInfo[]> => {
    const processes = (await listProcesses()).toSorted((left, right) => left.pid - right.pid)
    const found: ProcessInfo[] = []
    const pids = new Set(mainPid === null ? [] : [mainPid])
    // Parents mostly have smaller pids; a second look finds the others.
    for (const info of [...processes, ...processes]) {
      const key = `${info.pid} ${info.startedAt}`
      const isMember =
        seen.get(key)?.isMember ||
        pids.has(info.pid) ||
        pids.has(info.parent) ||
        (mainPid !== null && info.group === mainPid) ||
        (!seen.has(key) && (await hasVariable(info.pid, markerVariable, attemptId)))
      seen.set(key, { isMember, cpuMs: info.cpuMs })
      if (!isMember || (pids.has(info.pid) && found.some(({ pid }) => pid === info.pid))) continue
      pids.add(info.pid)
      found.push(info)
    }
    return found
  }
  return {
    joinFiles: [],
    begin(pid) {
      mainPid = pid
    },
    async killAll() {
      // Repeated, as a process may fork between the look and the kill.
      for (let tries = 0; tries < 100; tries++) {
        const alive = await members()
        if (alive.length === 0) return
        for (const { pid } of alive) killIfThere(pid)
        await sleep(tries < 10 ? 5 : 50)
      }
    },
    async sample() {
      const now = await members()
      const memoryBytes = now.reduce((sum, info) => sum + info.memoryBytes, 0)
      peakMemoryBytes = Math.max(peakMemoryBytes, memoryBytes)
      samplesOver = limits !== null && memoryBytes > limits.memoryBytes ? samplesOver + 1 : 0
    },
    // Twice in a row: pages shared after a fork are counted twice for a moment.
    isOutOfMemory: async () => samplesOver >= 2,
    async usage(): Promise<AttemptUsage> {
      const cpuMs = seen.values().reduce((sum, { isMember, cpuMs }) => sum + (isMember ? cpuMs : 0), 0)
      return { peakMemoryBytes: peakMemoryBytes || null, cpuMs }
    },
    remove: async () => undefined,
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
