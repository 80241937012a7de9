import { mkdir, statfs } from 'node:fs/promises'
import { types } from '@electric-sql/pglite'
import { NacreError, toNacreError } from '../base/index.ts'
import type { Database, SqlParameter, Transaction } from './database.ts'
import { PanicSafePGlite } from './panic-safe-pglite.ts'

/** What PGlite takes beside its folder. */
export interface PGliteOptions {
  /** A dump of an empty PGlite: it spares the seconds that making one costs. */
  readonly initialState?: Blob
  /** Called once when PGlite has stopped for good, as when the disk has no room for the next segment of its log. */
  readonly onFailure?: (failure: NacreError) => void
}

/** PGlite takes 128 MB by custom, of which the state of one machine needs little: the system caches its files as well. */
const sharedBuffers = '16MB'

/** Twice a segment of PostgreSQL's log, of which it needs a whole new one to go on. */
const leastFreeMiB = 32

/**
 * Opens PGlite on a folder (made when absent), or in memory without one. Throws NACRE_DISK_FULL or NACRE_UNAVAILABLE.
 *
 * Every commit survives the death of this process at any instant. PGlite runs PostgreSQL with fsync off, so a power cut may
 * lose the last commits: events land again from the segment log, whose offset is stored with the rows. Use PostgreSQL where
 * a power cut must lose nothing.
 */
export async function openPGlite(
  folder?: string,
  { initialState, onFailure }: PGliteOptions = {},
): Promise<Database> {
  if (folder !== undefined) await mkdir(folder, { recursive: true })
  const place = folder ?? 'memory'
  const pglite = new PanicSafePGlite(
    {
      ...(folder === undefined ? {} : { dataDir: folder }),
      ...(initialState === undefined ? {} : { loadDataDir: initialState }),
      startParams: [...PanicSafePGlite.defaultStartParams, '-c', `shared_buffers=${sharedBuffers}`],
      parsers: { [types.INT8]: BigInt, [types.DATE]: (value: string) => value },
    },
    (panic) => onFailure?.(hasStopped(place, panic)),
  )
  await pglite.waitReady.catch(async (error: unknown) => {
    throw await cannotOpen(place, error)
  })
  const mutable = (parameters: readonly SqlParameter[] = []): unknown[] => [...parameters]
  return {
    kind: 'pglite',
    query: async <Row extends object>(text: string, parameters?: readonly SqlParameter[]) =>
      (await pglite.query<Row>(text, mutable(parameters))).rows,
    transaction: <T>(work: (transaction: Transaction) => Promise<T>) =>
      pglite.transaction((open) =>
        work({
          inTransaction: true,
          query: async <Row extends object>(text: string, parameters?: readonly SqlParameter[]) =>
            (await open.query<Row>(text, mutable(parameters))).rows,
        }),
      ),
    async [Symbol.asyncDispose]() {
      if (!pglite.hasPanicked) await pglite.close()
    },
  }
}

function hasStopped(place: string, panic: Error): NacreError {
  const { code, message } = toNacreError(panic)
  return new NacreError(
    code === 'NACRE_DISK_FULL' ? code : 'NACRE_UNAVAILABLE',
    `The state in ${place} can no longer be written, so Nacre ends: ${message} What was committed is safe; start Nacre again.`,
    { cause: panic },
  )
}

async function cannotOpen(place: string, cause: unknown): Promise<NacreError> {
  const disk = await statfs(place).catch(() => null)
  const freeMiB = disk === null ? Infinity : Math.floor((disk.bavail * disk.bsize) / 1024 ** 2)
  if (freeMiB < leastFreeMiB) {
    return new NacreError(
      'NACRE_DISK_FULL',
      `The state in ${place} cannot be opened: the disk has ${freeMiB} MiB left, and ${leastFreeMiB} MiB are needed. Free some space and start Nacre again.`,
      { details: { freeMiB }, cause },
    )
  }
  return new NacreError(
    'NACRE_UNAVAILABLE',
    `The state in ${place} cannot be opened: ${cause instanceof Error && cause.message !== '' ? cause.message : 'PGlite did not start'}.`,
    { cause },
  )
}
