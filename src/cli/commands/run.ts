import type { RunInfo } from '../../server/index.ts'
import type { Command } from '../command.ts'
import { findJob } from './find-job.ts'
import { describeRun, followRun } from './follow-run.ts'

export const runCommand: Command = {
  name: 'run',
  summary: 'Run a job now and follow its log.',
  usage: '<job> [day…]',
  help: 'Days are YYYY-MM-DD, for jobs with partitions; without them: whatever is due, or today.',
  flags: { detach: { type: 'boolean', short: 'd', help: 'Do not wait; print the run and end.' } },
  async run(context) {
    const client = await context.api()
    const [name, ...days] = context.positionals
    const { app, job } = await findJob(client, name)
    const run = await client.send<RunInfo>(
      'POST',
      `jobs/${app}/${job.name}/run`,
      days.length === 0 ? {} : { days },
    )
    if (context.flags['detach'] === true)
      return context.print(context.json ? JSON.stringify(run) : describeRun(run))
    const ended = await followRun(client, run.id, context)
    context.print(context.json ? JSON.stringify(ended) : describeRun(ended))
    return ended.state === 'succeeded' ? 0 : 1
  },
}
