import { pino } from 'pino'

/** A structured log: fields first, then a plain sentence. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Log
}

/** Level names, quietest last. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** A log that writes JSON lines to standard error, or to `destination` (a file path). */
export function createLog(options: { level?: LogLevel; destination?: string } = {}): Log {
  return pino(
    { level: options.level ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    options.destination === undefined
      ? pino.destination({ fd: 2, sync: true })
      : pino.destination({ dest: options.destination, mkdir: true, sync: true }),
  )
}

/** A log that says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog }
