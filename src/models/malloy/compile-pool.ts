import type { Worker, WorkerOptions } from 'node:worker_threads'
import { NacreError, startWorker } from '../../base/index.ts'
import type {
  CompileAnswer,
  CompileRequest,
  DescribeRequest,
  Description,
  FromWorker,
  ToWorker,
} from './compile-protocol.ts'

export interface CompilePoolOptions {
  /** Each holds its own copy of the compiler and its models, about 100 MB. Default 1. */
  readonly workers?: number
  /** Heap of one worker. Default 512. */
  readonly memoryMb?: number
  /** A compile that takes longer is stopped. Default 30 s. */
  readonly timeoutMs?: number
}

interface Task {
  readonly request: CompileRequest
  readonly describe: (request: DescribeRequest) => Promise<Description>
  readonly settle: (outcome: { answer: CompileAnswer } | { error: unknown }) => void
}

interface Seat {
  readonly worker: Worker
  task: Task | undefined
  timer: NodeJS.Timeout | undefined
}

/**
 * Compiles Malloy on worker threads, which start at the first request. A worker that dies or hangs fails the request it was
 * working on; the next request has a fresh one. Dispose it to stop the threads.
 */
export class CompilePool implements AsyncDisposable {
  readonly #size: number
  readonly #timeoutMs: number
  readonly #workerOptions: WorkerOptions
  readonly #seats = new Set<Seat>()
  readonly #queue: Task[] = []
  #closed = false

  constructor({ workers = 1, memoryMb = 512, timeoutMs = 30_000 }: CompilePoolOptions = {}) {
    this.#size = workers
    this.#timeoutMs = timeoutMs
    this.#workerOptions = { name: 'malloy', resourceLimits: { maxOldGenerationSizeMb: memoryMb } }
  }

  /**
   * Compiles one request. `describe` answers what the compiler asks about tables; what it throws fails the request. When `signal`
   * aborts the caller is freed at once; a compile that has begun ends in its thread unheard.
   */
  compile(
    request: CompileRequest,
    describe: (request: DescribeRequest) => Promise<Description>,
    signal?: AbortSignal,
  ): Promise<CompileAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closedError())
      if (signal?.aborted) return reject(signal.reason as Error)
      const task: Task = {
        request,
        describe,
        settle: (outcome) => {
          signal?.removeEventListener('abort', abort)
          if ('answer' in outcome) resolve(outcome.answer)
          else reject(outcome.error as Error)
        },
      }
      const abort = (): void => {
        const queued = this.#queue.indexOf(task)
        if (queued >= 0) this.#queue.splice(queued, 1)
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#queue.push(task)
      this.#next()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const task of this.#queue.splice(0)) task.settle({ error: closedError() })
    await Promise.all([...this.#seats].map((seat) => this.#leave(seat, closedError())))
  }

  #next(): void {
    if (this.#queue.length === 0) return
    const idle = [...this.#seats].find((seat) => seat.task === undefined)
    const seat = idle ?? (this.#seats.size < this.#size ? this.#seat() : undefined)
    if (seat === undefined) return
    const task = this.#queue.shift()!
    seat.task = task
    seat.timer = setTimeout(() => {
      const message = `Compiling '${task.request.model}' took longer than ${this.#timeoutMs} ms and was stopped. Simplify the query, or split the model into smaller files.`
      void this.#leave(seat, new NacreError('NACRE_TIMEOUT', message))
    }, this.#timeoutMs)
    send(seat, { kind: 'compile', request: task.request })
  }

  #seat(): Seat {
    const worker = startWorker('./compile-worker', import.meta.url, this.#workerOptions)
    const seat: Seat = { worker, task: undefined, timer: undefined }
    this.#seats.add(seat)
    worker.on('message', (message: FromWorker) => this.#hear(seat, message))
    worker.on('error', (cause) => {
      void this.#leave(seat, crashError(cause.message, cause))
    })
    worker.on('exit', (code) => {
      void this.#leave(seat, crashError(`exit code ${code}`))
    })
    return seat
  }

  #hear(seat: Seat, message: FromWorker): void {
    if (message.kind === 'describe') {
      void this.#describe(seat, message.id, message.request)
    } else {
      this.#finish(
        seat,
        message.kind === 'answer'
          ? { answer: message.answer }
          : { error: new NacreError('NACRE_INTERNAL', `The Malloy compiler failed: ${message.message}`) },
      )
      this.#next()
    }
  }

  async #describe(seat: Seat, id: number, request: DescribeRequest): Promise<void> {
    const { task } = seat
    if (task === undefined) return
    let description: Description
    try {
      description = await task.describe(request)
    } catch (error) {
      task.settle({ error })
      description = { error: 'The description failed.' }
    }
    send(seat, { kind: 'described', id, description })
  }

  #finish(seat: Seat, outcome: Parameters<Task['settle']>[0]): void {
    clearTimeout(seat.timer)
    seat.task?.settle(outcome)
    seat.task = undefined
  }

  async #leave(seat: Seat, error: NacreError): Promise<void> {
    if (!this.#seats.delete(seat)) return
    this.#finish(seat, { error })
    if (!this.#closed) this.#next()
    await seat.worker.terminate()
  }
}

function send({ worker }: Seat, message: ToWorker): void {
  worker.postMessage(message)
}

function crashError(reason: string, cause?: Error): NacreError {
  return new NacreError(
    'NACRE_INTERNAL',
    `The Malloy compiler stopped (${reason}). The next query starts a new one; if it is this query that stops it, make it smaller.`,
    { cause },
  )
}

function closedError(): NacreError {
  return new NacreError('NACRE_UNAVAILABLE', 'Nacre is stopping; nothing more is compiled.')
}
