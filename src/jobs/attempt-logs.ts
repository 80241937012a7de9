import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Mutex, NacreError } from '../base/index.ts'
import type { LogLine } from './attempt-protocol.ts'

/** Logs of attempts: one NDJSON file each, line `n` holding seq `n`. */
export interface AttemptLogs {
  /**
   * Adds lines an attempt sent. Lines that came before are passed over, so that sending again is harmless; a gap is refused with
   * NACRE_INPUT. Returns the first seq still wanted.
   */
  append(attemptId: string, lines: readonly LogLine[]): Promise<number>
  /** Adds a line of the platform's own. */
  add(attemptId: string, line: Omit<LogLine, 'seq'>): Promise<void>
  /** Lines with a seq of `from` (default 0) and up, at most `limit` (default 1000). Empty for an attempt without a log. */
  read(attemptId: string, options?: { from?: number; limit?: number }): Promise<LogLine[]>
}

interface OpenLog {
  readonly writing: Mutex
  next: number
  sizeBytes: number
  isFull: boolean
}

/**
 * Logs in files under `folder`. What exceeds `maxBytes` of an attempt (default 16 MiB) is dropped, and a last line says so.
 * Not fsynced: a power cut may lose the last lines.
 */
export function openAttemptLogs(
  folder: string,
  { maxBytes = 16 * 1024 ** 2 }: { maxBytes?: number } = {},
): AttemptLogs {
  const open = new Map<string, Promise<OpenLog>>()
  const pathOf = (attemptId: string): string => {
    if (!/^[\w-]+$/.test(attemptId)) throw new NacreError('NACRE_INPUT', `'${attemptId}' is no attempt id.`)
    // The random end of a UUIDv7 spreads files over folders.
    return join(folder, attemptId.slice(-2), `${attemptId}.ndjson`)
  }
  const openLog = async (attemptId: string): Promise<OpenLog> => {
    const path = pathOf(attemptId)
    await mkdir(dirname(path), { recursive: true })
    const bytes = await readBytes(path)
    const sizeBytes = bytes.lastIndexOf('\n') + 1
    // A crash may have cut off the last line; the process sends it again.
    if (sizeBytes < bytes.length) await truncate(path, sizeBytes)
    return { writing: new Mutex(), next: parseLines(bytes).length, sizeBytes, isFull: sizeBytes >= maxBytes }
  }
  const logOf = (attemptId: string): Promise<OpenLog> => {
    const log = open.get(attemptId) ?? openLog(attemptId)
    open.delete(attemptId)
    open.set(attemptId, log)
    // Forgetting only costs reading the file again.
    if (open.size > 1000) open.delete(open.keys().next().value!)
    return log
  }
  const write = async (attemptId: string, log: OpenLog, lines: readonly LogLine[]): Promise<void> => {
    let text = ''
    for (const line of lines) {
      const next = log.isFull ? '' : `${JSON.stringify(line)}\n`
      log.next++
      text += next
      log.sizeBytes += Buffer.byteLength(next)
      if (log.isFull || log.sizeBytes < maxBytes) continue
      log.isFull = true
      text += `${JSON.stringify(truncation(log.next, line.at, maxBytes))}\n`
    }
    if (text !== '') await appendFile(pathOf(attemptId), text)
  }
  return {
    async append(attemptId, lines) {
      const log = await logOf(attemptId)
      return log.writing.run(async () => {
        if (log.isFull) return (log.next = Math.max(log.next, (lines.at(-1)?.seq ?? -1) + 1))
        const fresh = lines.filter(({ seq }) => seq >= log.next)
        if (fresh.some(({ seq }, index) => seq !== log.next + index))
          throw new NacreError(
            'NACRE_INPUT',
            `Log lines must follow each other; the next seq wanted is ${log.next}.`,
          )
        await write(attemptId, log, fresh)
        return log.next
      })
    },
    async add(attemptId, line) {
      const log = await logOf(attemptId)
      await log.writing.run(() => write(attemptId, log, [{ ...line, seq: log.next }]))
    },
    async read(attemptId, { from = 0, limit = 1000 } = {}) {
      return parseLines(await readBytes(pathOf(attemptId)))
        .filter(({ seq }) => seq >= from)
        .slice(0, limit)
    },
  }
}

function truncation(seq: number, at: string, maxBytes: number): LogLine {
  const message = `The log reached its limit of ${maxBytes} bytes; what follows was dropped.`
  return { seq, at, stream: 'runner', level: 'warn', message }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

function parseLines(bytes: Buffer): LogLine[] {
  const whole = bytes.toString('utf8').split('\n').slice(0, -1)
  return whole.map((line) => JSON.parse(line) as LogLine)
}
