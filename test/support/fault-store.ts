import type { Store } from '../../src/storage/index.ts'

/** A store that fails once, at a call of choice. */
export interface FaultStore {
  readonly store: Store
  /** Calls made since the last {@link FaultStore.arm}. */
  calls(): number
  /** Fails the nth call from now (1 is the next): before it has any effect, or after it has had all of it. 0 disarms. */
  arm(call: number, when: 'before' | 'after', error?: Error): void
}

export function faultStore(inner: Store): FaultStore {
  let made = 0
  let fault = { call: 0, when: 'before', error: new Error('injected fault') }
  async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    const isDue = ++made === fault.call
    if (isDue && fault.when === 'before') throw fault.error
    const result = await work()
    if (isDue) throw fault.error
    return result
  }
  return {
    calls: () => made,
    arm(call, when, error = new Error('injected fault')) {
      made = 0
      fault = { call, when, error }
    },
    store: {
      read: (uri) => guarded(() => inner.read(uri)),
      writeIfAbsent: (uri, data) => guarded(() => inner.writeIfAbsent(uri, data)),
      settle: (uri) => guarded(() => inner.settle(uri)),
      list: (folder) => inner.list(folder),
      delete: (uri) => guarded(() => inner.delete(uri)),
    },
  }
}

/** What the file system says when a disk is full. */
export function diskFullError(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
}
