import type { JobLog, LogLine } from '../jobs/index.ts'

/** Gathers a run's log lines and sends them, in order, each at least once. */
export interface LogShipper extends AsyncDisposable {
  readonly log: JobLog
  /** Adds what a program wrote to a standard stream; split into lines. */
  write(stream: 'stdout' | 'stderr', text: string): void
  /** Sends what was gathered so far; given up after several failures, and tried again with the next lines. */
  flush(): Promise<void>
}

/** Lines kept while the platform does not take them; what comes after is dropped, and the log says so. */
const maxPending = 10_000

/** Most lines of one request, and most characters, about; the platform takes 4 MiB. */
const maxBatch = { lines: 500, characters: 512 * 1024 }

/** Most characters of a message, and of its fields as JSON. A longer message becomes several lines. */
const maxText = 32 * 1024

/** How often in a row sending may fail at the end before what is left is given up. */
const maxFailures = 5

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
  let isDropping = false
  let sending: Promise<boolean> | null = null
  let timer: NodeJS.Timeout | undefined
  const partial = { stdout: '', stderr: '' }

  /** Resolves to whether the lines were taken. */
  const sendSome = (): Promise<boolean> => {
    clearTimeout(timer)
    timer = undefined
    sending ??= (async () => {
      const lines = firstBatch(pending)
      try {
        await send(lines)
        pending = pending.slice(lines.length)
        return true
      } catch {
        // Kept in `pending`: sent again with the next lines, or at the end.
        return false
      } finally {
        sending = null
        if (pending.length > 0) timer ??= setTimeout(() => void sendSome(), 1000)
      }
    })()
    return sending
  }
  const push = (line: Omit<LogLine, 'seq' | 'at'>): void => {
    pending.push({ seq: seq++, at: now().toISOString(), ...line })
    timer ??= setTimeout(() => void sendSome(), 100)
  }
  const add = (line: Omit<LogLine, 'seq' | 'at'>): void => {
    const wasDropping = isDropping
    isDropping = pending.length >= maxPending
    if (!isDropping) push(line)
    else if (!wasDropping)
      push({
        stream: 'runner',
        level: 'warn',
        message: 'The log grew faster than it could be sent; lines are missing here.',
      })
  }
  const logAt =
    (level: LogLine['level']): JobLog['info'] =>
    (message, fields) => {
      const [first = '', ...more] = pieces(message)
      add({
        stream: 'log',
        level,
        message: first,
        ...(fields === undefined ? {} : { fields: plain(fields) }),
      })
      for (const piece of more) add({ stream: 'log', level, message: piece })
    }
  return {
    log: { info: logAt('info'), warn: logAt('warn'), error: logAt('error') },
    write(stream, text) {
      const lines = (partial[stream] + text).split('\n').map(pieces)
      // A line without end must not be kept as a whole either.
      partial[stream] = lines.at(-1)!.pop() ?? ''
      for (const message of lines.flat())
        add({ stream, level: stream === 'stderr' ? 'warn' : 'info', message })
    },
    async flush() {
      for (const stream of ['stdout', 'stderr'] as const) if (partial[stream] !== '') this.write(stream, '\n')
      for (let failures = 0; pending.length > 0 && failures < maxFailures;)
        failures = (await sendSome()) ? 0 : failures + 1
    },
    async [Symbol.asyncDispose]() {
      await this.flush()
      clearTimeout(timer)
    },
  }
}

/** The oldest lines that one request may carry, at least one. */
function firstBatch(lines: readonly LogLine[]): readonly LogLine[] {
  let characters = 0
  const end = lines.findIndex((line, index) => {
    characters += JSON.stringify(line).length
    return index > 0 && (index === maxBatch.lines || characters > maxBatch.characters)
  })
  return end < 0 ? [...lines] : lines.slice(0, end)
}

/** A text cut into parts that one line may hold; an empty text is one part. */
function pieces(text: string): string[] {
  if (text.length <= maxText) return [text]
  return Array.from({ length: Math.ceil(text.length / maxText) }, (_, index) =>
    text.slice(index * maxText, (index + 1) * maxText),
  )
}

/** Fields as JSON can carry them: bigint as text; what cannot be written, or is too long, is told instead. */
function plain(fields: object): object {
  try {
    const json = JSON.stringify(fields, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    )
    return json.length <= maxText
      ? (JSON.parse(json) as object)
      : { cut: `${json.slice(0, maxText)}… (${json.length} characters)` }
  } catch (error) {
    return { unwritable: (error as Error).message }
  }
}
