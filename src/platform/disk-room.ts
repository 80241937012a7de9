import { statfs } from 'node:fs/promises'
import { NacreError, type Log } from '../base/index.ts'

/** Whether a disk has room enough to take on more. */
export interface DiskRoom extends Disposable {
  isShort(): boolean
  /** Throws NACRE_DISK_FULL when room is short. */
  demand(): void
  /** Calls `listener` whenever room is no longer short. */
  onFreed(listener: () => void): void
}

/** Kept for what was taken on already: landing events, committing tables, and segments of the state's log, 16 MiB each. */
const reserveBytes = 64 * 1024 ** 2

/** Watches the disk of a folder, so that Nacre stops to take events and to start jobs before its own state has no room to go on. */
export async function watchDiskRoom(
  folder: string,
  { log, everyMs = 500 }: { log: Log; everyMs?: number },
): Promise<DiskRoom> {
  let freeMiB = Infinity
  const listeners: (() => void)[] = []
  const isShort = (): boolean => freeMiB * 1024 ** 2 < reserveBytes
  const explanation = (): string =>
    `The disk of ${folder} has ${freeMiB} MiB left. Free some space: below ${reserveBytes / 1024 ** 2} MiB no events are taken and no jobs started.`
  const look = async (): Promise<void> => {
    const wasShort = isShort()
    const { bavail, bsize } = await statfs(folder)
    freeMiB = Math.floor((bavail * bsize) / 1024 ** 2)
    if (isShort() === wasShort) return
    if (isShort()) return log.error({ freeMiB }, explanation())
    log.warn({ freeMiB }, `The disk of ${folder} has room again; events are taken and jobs started.`)
    for (const listener of listeners) listener()
  }
  await look()
  const timer = setInterval(() => {
    look().catch((error: unknown) => log.error({ err: error }, `the disk of ${folder} cannot be looked at`))
  }, everyMs)
  return {
    isShort,
    demand() {
      if (isShort()) throw new NacreError('NACRE_DISK_FULL', explanation(), { details: { freeMiB } })
    },
    onFreed: (listener) => void listeners.push(listener),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
