import { NacreError } from '../../base/index.ts'
import type { JobInfo, LogPage } from '../../server/index.ts'
import { textFlag, type Command } from '../command.ts'
import { followRun, formatLogLine } from './follow-run.ts'

export const logsCommand: Command = {
  name: 'logs',
  summary: "Print a run's log, or a job's newest run's.",
  usage: '<run or job>',
  flags: {
    follow: { type: 'boolean', short: 'f', help: 'Go on until the run ends.' },
    attempt: { type: 'string', value: 'N', help: 'Which attempt, default the last.' },
  },
  async run(context) {
    const client = await context.api()
    const [given] = context.positionals
    if (given === undefined)
      throw new NacreError('NACRE_USAGE', "Name a run or a job: 'nacre logs daily-engagement'.")
    const job = (await client.get<readonly JobInfo[]>('jobs')).find((each) => each.job.name === given)
    if (job !== undefined && job.lastRun === null)
      throw new NacreError('NACRE_NOT_FOUND', `Job '${given}' has never run.`)
    const id = job?.lastRun?.id ?? given
    if (context.flags['follow'] === true) {
      await followRun(client, id, context)
      return
    }
    const attempt = textFlag(context, 'attempt')
    for (let after = -1; ;) {
      const page = await client.get<LogPage>(
        `runs/${id}/logs?after=${after}${attempt === undefined ? '' : `&attempt=${attempt}`}`,
      )
      for (const line of page.lines) context.print(context.json ? JSON.stringify(line) : formatLogLine(line))
      if (page.lines.length === 0) return
      after = page.lines.at(-1)!.seq
    }
  },
}
