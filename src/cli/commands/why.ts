import { countOf } from '../../base/index.ts'
import type { JobDetail } from '../../server/index.ts'
import type { Command } from '../command.ts'
import { describeTrigger } from '../describe-trigger.ts'
import { formatAgo } from '../text-table.ts'
import { findJob } from './find-job.ts'

export const whyCommand: Command = {
  name: 'why',
  summary: 'Tell why a job does or does not run now.',
  usage: '<job>',
  flags: {},
  async run({ api, positionals, json, print }) {
    const client = await api()
    const { app, job } = await findJob(client, positionals[0])
    const { job: info, runs, upstream } = await client.get<JobDetail>(`jobs/${app}/${job.name}`)
    const last = runs[0]
    const answer = {
      job: job.name,
      trigger: describeTrigger(job),
      due: info.due,
      waitingFor: info.waitingFor,
      paused: info.paused,
      late: info.late,
      nextDueAt: info.nextDueAt,
      upstream,
      lastRun:
        last === undefined
          ? null
          : { id: last.id, state: last.state, cause: last.cause, error: last.error?.message ?? null },
    }
    if (json) return print(JSON.stringify(answer))
    print(`${job.name} runs ${answer.trigger}.`)
    print(
      info.due === 0
        ? 'Nothing is due now.'
        : `${countOf(info.due, 'slot')} ${info.due === 1 ? 'is' : 'are'} due${info.waitingFor === null ? '.' : ` and ${info.due === 1 ? 'waits' : 'wait'}: ${info.waitingFor}.`}`,
    )
    if (info.paused) print(`It is paused; 'nacre jobs ${job.name} --resume' lets it run.`)
    if (info.nextDueAt !== null) print(`Next due ${formatAgo(info.nextDueAt)} (${info.nextDueAt}).`)
    if (upstream.length > 0) print(`It follows ${upstream.join(', ')}.`)
    if (last !== undefined)
      print(
        `Last run ${last.id} ${last.state} ${formatAgo(last.endedAt ?? last.queuedAt)}, because of ${last.cause}${last.error === null ? '' : `: ${last.error.message}`}.`,
      )
  },
}
