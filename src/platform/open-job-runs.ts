import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { NacreError, type Log } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import { nodeCommand, openLocalExecutor, type LocalExecutor } from '../executors/index.ts'
import {
  openAttemptLogs,
  openScheduler,
  type AttemptLogs,
  type PlacedAttempt,
  type Scheduler,
} from '../jobs/index.ts'
import { inState, nacreFolder, type Settings } from '../settings/index.ts'
import type { Changes } from './changes.ts'
import type { DiskRoom } from './disk-room.ts'

/** The scheduler as others may steer it, also before it has begun. */
export type SchedulerSteering = Pick<Scheduler, 'wake' | 'killRun'>

/** Executor and scheduler. */
export interface JobRuns extends AsyncDisposable {
  readonly isolation: LocalExecutor['isolation']
  readonly logs: AttemptLogs
  readonly scheduler: SchedulerSteering
  /** Begins to schedule; to be called once the API listens, for an attempt is told its address. */
  start(): Promise<void>
}

/** What the processes of jobs are told. */
export interface JobRunsEffects {
  readonly log: Log
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly apiUrl: () => string
}

/** Opens the executor, and ends what an earlier process left running. */
export async function openJobRuns(
  {
    settings,
    database,
    changes,
    room,
  }: { settings: Settings; database: Database; changes: Changes; room: DiskRoom },
  { log, environment, apiUrl }: JobRunsEffects,
): Promise<JobRuns> {
  await using opening = new AsyncDisposableStack()
  const logs = openAttemptLogs(inState(settings, 'logs'))
  let scheduler: Scheduler | undefined
  const executor = opening.use(
    await openLocalExecutor(
      {
        folder: inState(settings, 'attempts'),
        command: nodeCommand({ execPath: process.execPath, path: join(nacreFolder(), 'src/bin/run-job.ts') }),
        capacity: {
          cpus: settings.jobCpus ?? availableParallelism(),
          memoryBytes: settings.jobMemoryBytes ?? Math.round(totalmem() / 2),
        },
        onExit: async (exit) => {
          await scheduler?.onAttemptExit(exit)
          changes.tell({ topic: 'runs', name: exit.attemptId })
        },
      },
      { log },
    ),
  )
  if (settings.isolation === 'require' && executor.isolation === 'polled') {
    throw new NacreError(
      'NACRE_UNAVAILABLE',
      "Isolation is required, but this process may not make cgroups. Run Nacre where it may write to /sys/fs/cgroup, or set isolation to 'prefer'.",
    )
  }
  await executor.recover()
  const launch = ({ token, attemptId, runId, ...attempt }: PlacedAttempt): Promise<void> => {
    changes.tell({ topic: 'runs', name: runId })
    return executor.start({
      ...attempt,
      attemptId,
      environment: {
        ...jobEnvironment(environment),
        NACRE_URL: apiUrl(),
        NACRE_ATTEMPT: attemptId,
        NACRE_ATTEMPT_TOKEN: token,
        NACRE_BUNDLES: inState(settings, 'unpacked'),
        // Compiled code is kept between attempts: it halves what a process costs to start.
        NODE_COMPILE_CACHE: inState(settings, 'compiled'),
      },
    })
  }
  const stack = opening.move()
  return {
    isolation: executor.isolation,
    logs,
    scheduler: {
      wake: () => scheduler?.wake(),
      killRun: (runId, by) => {
        if (scheduler !== undefined) return scheduler.killRun(runId, by)
        throw new NacreError('NACRE_UNAVAILABLE', 'Nacre is starting; ask again in a moment.')
      },
    },
    async start() {
      const launcher = {
        capacity: () => (room.isShort() ? { cpus: 0, memoryBytes: 0 } : executor.capacity()),
        start: launch,
        stop: (attemptId: string, options: Parameters<LocalExecutor['stop']>[1]) =>
          executor.stop(attemptId, options),
      }
      const opened = stack.use(await openScheduler({ database, logs, launcher }, { log }))
      room.onFreed(() => opened.wake())
      scheduler = opened
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Jobs inherit what any program needs, and variables meant for them; not the platform's own settings and secrets. */
function jobEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (pair): pair is [string, string] =>
      pair[1] !== undefined &&
      (/^(PATH|HOME|LANG|LC_.*|TZ|TMPDIR|USER)$/.test(pair[0]) || pair[0].startsWith('JOB_')),
  )
  return Object.fromEntries(kept)
}
