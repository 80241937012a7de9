import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { NacreError, startWorker, type ErrorJson } from '../base/index.ts'
import type { ExportedPart, SliceWork } from '../publish/index.ts'
import type { StorageAccess } from '../storage/index.ts'
import type { FeedSlice } from './feed-slices.ts'

/** A slice to write, as it travels to a thread. */
export interface FeedSliceRequest {
  readonly slice: FeedSlice
  readonly storage: StorageAccess
  readonly work: SliceWork
}

/** What a thread is told: a slice to write, or to stop with the one it writes. */
export type ToSliceThread =
  | { readonly kind: 'write'; readonly request: FeedSliceRequest }
  | { readonly kind: 'stop' }

/** What a thread answers to each slice. */
export type FromSliceThread = { readonly parts: readonly ExportedPart[] } | { readonly error: ErrorJson }

/** How long a thread has to stop by itself, which leaves no file open. */
const stopMs = 5000

/** A worker thread that writes one slice after the other. Dispose it. */
export class SliceThread implements AsyncDisposable {
  readonly #worker: Worker = startWorker('./slice-thread-entry', import.meta.url, { name: 'feed export' })
  readonly #ended = new AbortController()

  constructor() {
    this.#worker.on('error', (cause) => this.#ended.abort(crash(cause.message, cause)))
    this.#worker.on('exit', (code) => this.#ended.abort(crash(`exit code ${code}`)))
  }

  /** Throws what the thread threw; when `signal` aborts, its reason, once the thread has stopped. */
  async write(request: FeedSliceRequest, signal: AbortSignal): Promise<readonly ExportedPart[]> {
    signal.throwIfAborted()
    const ended = this.#ended.signal
    let timer: NodeJS.Timeout | undefined
    const stop = (): void => {
      this.#tell({ kind: 'stop' })
      timer = setTimeout(() => void this.#worker.terminate(), stopMs)
    }
    signal.addEventListener('abort', stop, { once: true })
    try {
      const answered = once(this.#worker, 'message', { signal: ended })
      this.#tell({ kind: 'write', request })
      const [answer] = (await answered) as [FromSliceThread]
      if ('parts' in answer) return answer.parts
      throw NacreError.fromJSON(answer.error)
    } catch (error) {
      signal.throwIfAborted()
      throw ended.aborted ? ended.reason : error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }

  #tell(message: ToSliceThread): void {
    this.#worker.postMessage(message)
  }
}

function crash(reason: string, cause?: Error): NacreError {
  return new NacreError(
    'NACRE_INTERNAL',
    `The thread that exports a feed stopped (${reason}). The export is tried again.`,
    { cause },
  )
}
