import type { RunInfo } from '../../server/index.ts'
import { textFlag, type Command } from '../command.ts'
import { formatAgo, formatDuration, textTable } from '../text-table.ts'

export const runsCommand: Command = {
  name: 'runs',
  summary: 'List runs, newest first, or show one.',
  usage: '[<run>]',
  flags: {
    job: { type: 'string', value: 'JOB', help: 'Only of this job.' },
    state: {
      type: 'string',
      value: 'STATE',
      help: 'Only in this state: queued, running, retrying, succeeded, failed, killed.',
    },
    limit: { type: 'string', value: 'N', help: 'How many, default 20.' },
  },
  async run(context) {
    const client = await context.api()
    const { positionals, json, print } = context
    if (positionals[0] !== undefined) {
      const run = await client.get<RunInfo>(`runs/${positionals[0]}`)
      if (json) return print(JSON.stringify(run))
      print(`${run.app}/${run.job} ${run.id}: ${run.state}`)
      print(`cause    ${run.cause}`)
      print(`slots    ${run.slots.join(', ') || '–'}`)
      for (const [table, snapshot] of Object.entries(run.outputs))
        print(`wrote    ${table} at snapshot ${snapshot}`)
      if (run.error !== null) print(`error    ${run.error.code}: ${run.error.message}`)
      for (const attempt of run.attempts) {
        const took =
          attempt.endedAt === null
            ? ''
            : `, ${formatDuration(Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt))}`
        print(
          `attempt ${attempt.number}  ${attempt.state}, started ${attempt.startedAt}${took}${attempt.error === null ? '' : `: ${attempt.error.message}`}`,
        )
      }
      return
    }
    const query = new URLSearchParams({ limit: textFlag(context, 'limit') ?? '20' })
    for (const name of ['job', 'state'] as const) {
      const value = textFlag(context, name)
      if (value !== undefined) query.set(name, value)
    }
    const runs = await client.get<readonly RunInfo[]>(`runs?${query.toString()}`)
    if (json) return print(JSON.stringify(runs))
    print(
      textTable(
        ['RUN', 'JOB', 'STATE', 'QUEUED', 'TOOK', 'ATTEMPTS', 'SLOTS', 'CAUSE'],
        runs.map((run) => [
          run.id,
          run.job,
          run.state,
          formatAgo(run.queuedAt),
          run.startedAt === null || run.endedAt === null
            ? null
            : formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt)),
          run.attempts.length,
          run.slots.length,
          run.cause,
        ]),
      ),
    )
  },
}
