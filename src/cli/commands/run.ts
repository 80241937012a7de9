import type { RunAnswer } from '../../server/index.ts'
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
    const answer = await client.send<RunAnswer>(
      'POST',
      `jobs/${app}/${job.name}/run`,
      days.length === 0 ? {} : { days },
    )
    const { run } = answer
    if (context.flags['detach'] === true || run === null) {
      return context.print(
        context.json
          ? JSON.stringify(answer)
          : run === null
            ? `${job.name} is due and begins when its active run is over; see 'nacre why ${job.name}'.`
            : describeRun(run),
      )
    }
    const ended = await followRun(client, run.id, context)
    context.print(context.json ? JSON.stringify(ended) : describeRun(ended))
    return ended.state === 'succeeded' ? 0 : 1
  },
}
