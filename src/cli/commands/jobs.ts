import type { JobDetail, JobInfo } from '../../server/index.ts'
import type { Command } from '../command.ts'
import { describeTrigger } from '../describe-trigger.ts'
import { formatAgo, textTable } from '../text-table.ts'
import { findJob } from './find-job.ts'

export const jobsCommand: Command = {
  name: 'jobs',
  summary: 'List jobs, show one, pause or resume it.',
  usage: '[<job>]',
  flags: {
    pause: { type: 'boolean', help: 'Pause the job: what becomes due waits.' },
    resume: { type: 'boolean', help: 'Let a paused job run again.' },
  },
  async run({ api, positionals, flags, json, print }) {
    const client = await api()
    if (positionals.length === 0) {
      const jobs = await client.get<readonly JobInfo[]>('jobs')
      if (json) return print(JSON.stringify(jobs))
      return print(
        textTable(
          ['JOB', 'TEAM', 'TRIGGER', 'LAST RUN', 'WHEN', 'NEXT', 'DUE', 'NOTE'],
          jobs.map(({ job, lastRun, nextDueAt, due, paused, waitingFor, late }) => [
            job.name,
            job.team,
            describeTrigger(job),
            lastRun?.state ?? null,
            formatAgo(lastRun?.endedAt ?? lastRun?.queuedAt ?? null),
            formatAgo(nextDueAt),
            due,
            [late ? 'late' : '', paused ? 'paused' : '', waitingFor ?? '']
              .filter((note) => note !== '')
              .join(', '),
          ]),
        ),
      )
    }
    const { app, job } = await findJob(client, positionals[0])
    if (flags['pause'] === true || flags['resume'] === true) {
      await client.send('POST', `jobs/${app}/${job.name}/pause`, { paused: flags['pause'] === true })
      return print(`${job.name} is ${flags['pause'] === true ? 'paused' : 'resumed'}.`)
    }
    const detail = await client.get<JobDetail>(`jobs/${app}/${job.name}`)
    if (json) return print(JSON.stringify(detail))
    print(
      `${app}/${job.name}, team ${job.team}${job.owner === null ? '' : `, owner ${job.owner}`}${job.doc === null ? '' : `\n${job.doc}`}`,
    )
    print(`trigger     ${describeTrigger(job)}`)
    print(`reads       ${Object.values(job.reads).join(', ') || '–'}`)
    print(`writes      ${Object.values(job.writes).join(', ') || '–'}`)
    print(`upstream    ${detail.upstream.join(', ') || '–'}`)
    print(`downstream  ${detail.downstream.join(', ') || '–'}`)
    if (detail.nextDueAts.length > 0) print(`next        ${detail.nextDueAts.join('\n            ')}`)
    print('')
    print(
      textTable(
        ['RUN', 'STATE', 'QUEUED', 'SLOTS', 'CAUSE'],
        detail.runs
          .slice(0, 10)
          .map((run) => [run.id, run.state, formatAgo(run.queuedAt), run.slots.length, run.cause]),
      ),
    )
  },
}
