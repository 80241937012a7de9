import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from './temp-folder.ts'

/** A file system of its own that is soon full. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  freeBytes(): Promise<number>
  /** Fills it until so much is left. */
  fill(leaveBytes: number): Promise<void>
  /** Frees what {@link fill} took. */
  free(): void
}

/** Mounts a file system in memory, or says why there can be none: mounting needs root. */
export async function mountSmallDisk(sizeBytes: number): Promise<SmallDisk | string> {
  const folder = tempFolder('nacre-disk-')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder.path], { stdio: 'pipe' })
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    return `no tmpfs can be mounted: ${(error as Error).message.trim().split('\n').at(-1)}`
  }
  const ballast = join(folder.path, 'ballast')
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(folder.path)
    return bavail * bsize
  }
  return {
    path: folder.path,
    freeBytes,
    async fill(leaveBytes) {
      let step = 16 * 1024 ** 2
      for (let left = await freeBytes(); left > leaveBytes && step >= 4096; left = await freeBytes()) {
        try {
          writeFileSync(ballast, Buffer.alloc(Math.min(left - leaveBytes, step)), { flag: 'a' })
        } catch (error) {
          // Others write too, so that the last of it may be gone already.
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
          step /= 4
        }
      }
    },
    free: () => rmSync(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['--lazy', folder.path])
      await folder[Symbol.asyncDispose]()
    },
  }
}
