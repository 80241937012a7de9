import { NacreError } from '../../base/index.ts'

/** What is known of a statement that failed. */
export interface FailedStatement {
  readonly statement: string
  readonly signal?: AbortSignal
  readonly memoryBytes?: number | undefined
}

const shown = 400

/** Turns what DuckDB threw into an error that names the statement; an abort becomes NACRE_CANCELLED or NACRE_TIMEOUT. */
export function toSqlError(thrown: unknown, failed: FailedStatement): NacreError {
  if (failed.signal?.aborted) return toAbortError(failed.signal.reason, thrown)
  if (thrown instanceof NacreError) return thrown
  const message = (thrown instanceof Error ? thrown.message : String(thrown)).replace(
    /^Failed to extract statements: /,
    '',
  )
  const options = { details: { statement: failed.statement, engineMessage: message }, cause: thrown }
  const statement = `Statement: ${shorten(failed.statement)}`
  if (/No space left on device|ENOSPC/.test(message))
    return new NacreError(
      'NACRE_DISK_FULL',
      `The disk is full: ${firstLine(message)}. Free some space; the work is tried again. ${statement}`,
      options,
    )
  if (message.startsWith('Out of Memory Error'))
    return new NacreError(
      'NACRE_SQL',
      `The statement needs more memory than its limit of ${describeLimit(failed.memoryBytes)}: declare more \`resources.memory\`, or read fewer rows and columns. ${statement}`,
      options,
    )
  return new NacreError('NACRE_SQL', `${message}\n${statement}`, options)
}

function toAbortError(reason: unknown, cause: unknown): NacreError {
  if (reason instanceof NacreError) return reason
  const text = reason instanceof Error ? reason.message : String(reason)
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError'
  return timedOut
    ? new NacreError('NACRE_TIMEOUT', 'The statement took longer than its limit and was stopped.', { cause })
    : new NacreError('NACRE_CANCELLED', `The statement was cancelled: ${text}`, { cause })
}

function describeLimit(bytes: number | undefined): string {
  return bytes === undefined ? "the engine's default" : `${Math.floor(bytes / 1024 ** 2)} MiB`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= shown ? line : `${line.slice(0, shown)}… (${line.length} characters)`
}
