import { NacreError } from '../../base/index.ts'

/** What is known of a statement that failed. */
export interface FailedStatement {
  readonly statement: string
  readonly signal?: AbortSignal
  readonly memoryBytes?: number | undefined
  /** The files that each attached table is read from. */
  readonly filesOfTables?: ReadonlyMap<string, ReadonlySet<string>>
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
  const broken = brokenFile(message, failed.filesOfTables)
  if (broken)
    return new NacreError(
      'NACRE_CORRUPT',
      `Table '${broken.table}' cannot be read: its data file ${broken.file} is missing or damaged (${firstLine(message)}). Restore that file from a backup, roll the table back to a snapshot without it, or write its partition anew. ${statement}`,
      { ...options, details: { ...options.details, ...broken } },
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

/** The data file that a message is about. */
function brokenFile(
  message: string,
  filesOfTables: FailedStatement['filesOfTables'] = new Map(),
): { readonly table: string; readonly file: string } | undefined {
  if (!/^(IO|Invalid Input|HTTP|Serialization) Error/.test(message)) return undefined
  const named = [...message.matchAll(/"([^"]+)"|'([^']+)'/g)].map(([, one, other]) => one ?? other!)
  for (const [table, files] of filesOfTables) {
    const file = named.find((name) => files.has(name))
    if (file !== undefined) return { table, file }
  }
  return undefined
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
