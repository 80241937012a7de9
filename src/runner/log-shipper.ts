import type { JobLog, LogLine } from '../jobs/index.ts'

/** Gathers a run's log lines and sends them, in order, each at least once. */
export interface LogShipper extends AsyncDisposable {
  readonly log: JobLog
  /** Adds what a program wrote to a standard stream; split into lines. */
  write(stream: 'stdout' | 'stderr', text: string): void
}

/** Lines kept while the platform does not take them; older ones are dropped, and the log says so. */
const maxPending = 10_000

/**
 * @param send Sends lines; a failure is tried again with the next lines.
 * Disposing sends what is left.
 */
export function createLogShipper(
  send: (lines: readonly LogLine[]) => Promise<void>,
  { now = () => new Date() }: { now?: () => Date } = {},
): LogShipper {
  let pending: LogLine[] = []
  let seq = 0
  let sending: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  const partial = { stdout: '', stderr: '' }

  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    sending ??= (async () => {
      const lines = pending.slice(0, 500)
      try {
        await send(lines)
        pending = pending.slice(lines.length)
      } catch {
        // Kept in `pending`: sent again with the next lines, or at the end.
      } finally {
        sending = null
        if (pending.length > 0) timer ??= setTimeout(() => void flush(), 1000)
      }
    })()
    return sending
  }
  const add = (
    line: Pick<LogLine, 'stream' | 'level' | 'message'> & { fields?: object | undefined },
  ): void => {
    const { fields, ...rest } = line
    if (pending.length >= maxPending) return
    pending.push({
      seq: seq++,
      at: now().toISOString(),
      ...rest,
      ...(fields === undefined ? {} : { fields }),
    })
    if (pending.length === maxPending) {
      pending.push({
        seq: seq++,
        at: now().toISOString(),
        stream: 'runner',
        level: 'warn',
        message: `The log grew faster than it could be sent; lines are missing here.`,
      })
    }
    timer ??= setTimeout(() => void flush(), 100)
  }
  return {
    log: {
      info: (message, fields) => add({ stream: 'log', level: 'info', message, fields }),
      warn: (message, fields) => add({ stream: 'log', level: 'warn', message, fields }),
      error: (message, fields) => add({ stream: 'log', level: 'error', message, fields }),
    },
    write(stream, text) {
      const lines = (partial[stream] + text).split('\n')
      partial[stream] = lines.pop()!
      for (const message of lines) add({ stream, level: stream === 'stderr' ? 'warn' : 'info', message })
    },
    async [Symbol.asyncDispose]() {
      for (const stream of ['stdout', 'stderr'] as const) if (partial[stream] !== '') this.write(stream, '\n')
      for (let tries = 0; pending.length > 0 && tries < 5; tries++) {
        await sending
        await flush()
      }
      clearTimeout(timer)
    },
  }
}
