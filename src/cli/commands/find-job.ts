import { NacreError } from '../../base/index.ts'
import type { JobInfo } from '../../server/index.ts'
import type { ApiClient } from '../api-client.ts'

/** The job a person means by `name` or `app/name`. Throws NACRE_NOT_FOUND listing the jobs there are. */
export async function findJob(api: ApiClient, given: string | undefined): Promise<JobInfo> {
  if (given === undefined)
    throw new NacreError(
      'NACRE_USAGE',
      "Name the job, such as 'nacre run daily-engagement'. 'nacre jobs' lists them.",
    )
  const jobs = await api.get<readonly JobInfo[]>('jobs')
  const found = jobs.find(({ app, job }) => given === job.name || given === `${app}/${job.name}`)
  if (found !== undefined) return found
  throw new NacreError(
    'NACRE_NOT_FOUND',
    `There is no job '${given}'. Jobs: ${jobs.map(({ job }) => job.name).join(', ') || 'none; deploy an app first'}.`,
  )
}
