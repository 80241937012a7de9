import type { LogLine, LogPage, RunInfo } from '../../server/index.ts'
import type { ApiClient } from '../api-client.ts'
import type { CommandContext } from '../command.ts'

/** A log line for a terminal. */
export function formatLogLine({ at, stream, level, message, fields }: LogLine): string {
  const mark = level === 'info' ? '' : `${level.toUpperCase()} `
  const extra = fields === undefined ? '' : ` ${JSON.stringify(fields)}`
  return `${at.slice(11, 23)} ${stream.padEnd(6)} ${mark}${message}${extra}`
}

/** Prints a run's log until it ends; resolves to the run as it ended. Throws when the signal aborts; the run goes on. */
export async function followRun(
  api: ApiClient,
  id: string,
  context: Pick<CommandContext, 'print' | 'signal' | 'json'>,
): Promise<RunInfo> {
  for (;;) {
    for await (const { type, data } of api.stream(`runs/${id}/logs/live`, context.signal)) {
      for (const line of (data as LogPage).lines)
        context.print(context.json ? JSON.stringify(line) : formatLogLine(line))
      if (type === 'end') break
    }
    context.signal.throwIfAborted()
    const run = await api.get<RunInfo>(`runs/${id}`)
    if (run.endedAt !== null) return run
  }
}

/** How a run ended, in one line. */
export function describeRun(run: RunInfo): string {
  const outputs = Object.keys(run.outputs)
  const wrote = outputs.length === 0 ? '' : `, wrote ${outputs.join(', ')}`
  const error = run.error === null ? '' : `: ${run.error.message}`
  return `${run.job} ${run.id} ${run.state}${wrote}${error}`
}
