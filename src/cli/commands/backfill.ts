import { countOf, NacreError } from '../../base/index.ts'
import type { RunAnswer } from '../../server/index.ts'
import { textFlag, type Command } from '../command.ts'
import { findJob } from './find-job.ts'

export const backfillCommand: Command = {
  name: 'backfill',
  summary: 'Make a range of days of a job due again.',
  usage: '<job>',
  flags: {
    from: { type: 'string', value: 'DAY', help: 'First day, YYYY-MM-DD.' },
    to: { type: 'string', value: 'DAY', help: 'Last day, YYYY-MM-DD; default: today.' },
  },
  async run(context) {
    const client = await context.api()
    const { app, job } = await findJob(client, context.positionals[0])
    if (job.partitions === null)
      throw new NacreError(
        'NACRE_INPUT',
        `Job '${job.name}' has no day partitions; use 'nacre run ${job.name}'.`,
      )
    const days = daysBetween(
      textFlag(context, 'from') ?? job.partitions.from,
      textFlag(context, 'to') ?? new Date().toISOString().slice(0, 10),
    )
    const answer = await client.send<RunAnswer>('POST', `jobs/${app}/${job.name}/run`, { days })
    context.print(
      context.json
        ? JSON.stringify(answer)
        : `${countOf(answer.due.length, 'day')} of ${job.name} ${answer.due.length === 1 ? 'is' : 'are'} due. Watch with 'nacre runs --job ${job.name}'.`,
    )
  },
}

function daysBetween(from: string, to: string): string[] {
  const [first, last] = [from, to].map((day) => {
    const time = Date.parse(`${day}T00:00:00Z`)
    // Date.parse takes 2026-02-30 for the second of March.
    if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day)
      throw new NacreError('NACRE_INPUT', `'${day}' is not a day; write YYYY-MM-DD.`)
    return time
  })
  if (first! > last!) throw new NacreError('NACRE_INPUT', `The range from ${from} to ${to} is empty.`)
  const count = Math.round((last! - first!) / 86_400_000) + 1
  if (count > 3660)
    throw new NacreError(
      'NACRE_INPUT',
      `The range from ${from} to ${to} has ${count} days; at most 3660 at once.`,
    )
  return Array.from({ length: count }, (_, index) =>
    new Date(first! + index * 86_400_000).toISOString().slice(0, 10),
  )
}
