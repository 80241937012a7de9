import { systemClock } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import {
  findRun,
  jobDetail,
  listJobs,
  listRuns,
  requestRun,
  setPaused,
  type AttemptLogs,
  type JobDetailInfo,
  type JobInfo,
  type LogLine,
  type RunFilter,
  type RunInfo,
  type Scheduler,
} from '../jobs/index.ts'
import type { Changes } from './changes.ts'

/** Jobs and runs, as people see and steer them. */
export interface JobService {
  list(): Promise<readonly JobInfo[]>
  detail(app: string, job: string): Promise<JobDetailInfo>
  /** Makes a job due; waits a moment for the run that comes of it. */
  request(
    app: string,
    job: string,
    request: { days?: readonly string[]; by: string },
  ): Promise<{ due: readonly string[]; run: RunInfo | null }>
  setPaused(app: string, job: string, paused: boolean): Promise<void>
  runs(filter: RunFilter): Promise<readonly RunInfo[]>
  run(id: string): Promise<RunInfo>
  kill(id: string, by: string): Promise<RunInfo>
  logs(attemptId: string, options: { after: number }): Promise<readonly LogLine[]>
}

/** How long {@link JobService.request} waits for a run to begin. */
const beginMs = 3000

export function createJobService({
  database,
  scheduler,
  logs,
  changes,
}: {
  database: Database
  scheduler: Pick<Scheduler, 'wake' | 'killRun'>
  logs: AttemptLogs
  changes: Changes
}): JobService {
  return {
    list: () => listJobs(database),
    detail: (app, job) => jobDetail(database, app, job),
    async request(app, job, { days, by }) {
      const [last] = await listRuns(database, { app, job, limit: 1 })
      const due = await requestRun(database, { app, job, by, ...(days === undefined ? {} : { days }) })
      scheduler.wake()
      const deadline = systemClock.now() + beginMs
      for (;;) {
        const [run] = await listRuns(database, { app, job, limit: 1 })
        if (run !== undefined && run.id !== last?.id) return { due, run }
        if (systemClock.now() > deadline) return { due, run: null }
        await systemClock.sleep(50)
      }
    },
    async setPaused(app, job, paused) {
      await setPaused(database, { app, job, paused })
      scheduler.wake()
      changes.tell({ topic: 'runs', name: job })
    },
    runs: (filter) => listRuns(database, filter),
    run: (id) => findRun(database, id),
    async kill(id, by) {
      await scheduler.killRun(id, by)
      changes.tell({ topic: 'runs', name: id })
      return findRun(database, id)
    },
    logs: (attemptId, { after }) => logs.read(attemptId, { from: after + 1 }),
  }
}
