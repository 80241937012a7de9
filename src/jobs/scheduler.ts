import { Bell, NacreError, silentLog, systemClock, type Clock, type Log } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import { endAttempt, moveAttempt } from './attempt-end.ts'
import { enterAttemptExit } from './attempt-exit.ts'
import type { AttemptLauncher, ProcessEnd } from './attempt-launcher.ts'
import type { AttemptLogs } from './attempt-logs.ts'
import { pickNext, type Resources } from './fair-share.ts'
import { fireTimeTriggers } from './fire-time-triggers.ts'
import { planRuns } from './plan-runs.ts'
import { runMoves } from './run-states.ts'
import {
  expiredAttempts,
  findRunState,
  killRunRow,
  leftAttempts,
  nextWakeAt,
  waitingRuns,
} from './scheduler-queries.ts'
import { startAttempt } from './start-attempt.ts'
import { move } from './state-machine.ts'

/** The loop that turns what is due into running attempts. Disposing it stops the loop; processes are the executor's to stop. */
export interface Scheduler extends AsyncDisposable {
  /** Looks at once for something to do: call it after a commit, a deploy, a request, a pause. */
  wake(): void
  /** Enters how a process ended; the executor's `onExit`. Works until the database closes. */
  onAttemptExit(exit: ProcessEnd): Promise<void>
  /** Ends a run for good; what its attempt wrote is not published. Throws NACRE_NOT_FOUND, or NACRE_CONFLICT when it is over. */
  killRun(runId: string, by: string): Promise<void>
}

export interface SchedulerOptions {
  readonly database: Database
  readonly launcher: AttemptLauncher
  readonly logs: AttemptLogs
  /** Names this scheduler among several on one database, the same after a restart: what it left running is taken up again. Default 'local'. */
  readonly owner?: string
  /** How long to sleep at most when nothing is due. Default 30 s, or 1 s on PostgreSQL, where other processes may make things due. */
  readonly idleMs?: number
}

/** How long a killed process has before force. */
const killGraceMs = 5000

/**
 * Opens the scheduler: takes up what an earlier one left, then runs until disposed. Several may share a PostgreSQL database: row locks
 * and unique keys give each slot one run and each run one current attempt.
 */
export async function openScheduler(
  { database, launcher, logs, owner = 'local', ...options }: SchedulerOptions,
  {
    clock = systemClock,
    log = silentLog,
    random = Math.random,
  }: { clock?: Clock; log?: Log; random?: () => number } = {},
): Promise<Scheduler> {
  const idleMs = options.idleMs ?? (database.kind === 'postgres' ? 1000 : 30_000)
  const effects = { clock, random }
  const bell = new Bell()
  const closing = new AbortController()
  const placed = new Map<string, Resources & { team: string }>()
  let isWoken = true

  const wake = (): void => {
    isWoken = true
    bell.ring()
  }

  const lose = async (attemptId: string, message: string): Promise<void> => {
    const error = { code: 'NACRE_UNAVAILABLE', message } as const
    if (await database.transaction((open) => endAttempt(open, attemptId, { state: 'lost', error }, effects)))
      await note(attemptId, message)
    wake()
  }

  const note = (attemptId: string, message: string): Promise<void> =>
    logs.add(attemptId, {
      at: new Date(clock.now()).toISOString(),
      stream: 'runner',
      level: 'error',
      message,
    })

  const onAttemptExit = async (exit: ProcessEnd): Promise<void> => {
    placed.delete(exit.attemptId)
    const message = await enterAttemptExit(database, exit, effects)
    if (message !== null) await note(exit.attemptId, message)
    wake()
  }

  /** Attempts whose process fell silent, or whose executor did not end them in time. */
  const endExpired = async (): Promise<void> => {
    for (const { id, timedOut } of await expiredAttempts(database, new Date(clock.now()))) {
      if (timedOut) await onAttemptExit({ ...noProcess, attemptId: id, cause: 'timed-out' })
      else await lose(id, 'The process sent no heartbeat in time; it is taken for lost.')
      await launcher.stop(id, { graceMs: 0, cause: timedOut ? 'timed-out' : 'stopped' })
    }
  }

  const launch = async (runId: string): Promise<void> => {
    const attempt = await startAttempt(database, runId, { owner, now: new Date(clock.now()) })
    if (attempt === null) return
    const { attemptId, team, memoryBytes } = attempt
    placed.set(attemptId, { team, memoryBytes, cpus: Math.min(attempt.cpus, launcher.capacity().cpus) })
    log.info({ run: runId, attempt: attemptId, job: attempt.job }, 'attempt started')
    launcher
      .start(attempt)
      .catch((error: Error) =>
        onAttemptExit({ ...noProcess, attemptId, cause: 'not-started', tail: error.message }).catch(report),
      )
  }

  const place = async (): Promise<void> => {
    const queue = await waitingRuns(database, new Date(clock.now()))
    for (;;) {
      const next = pickNext(queue, usageByTeam(placed.values()), launcher.capacity())
      if (next === null) return
      queue.splice(queue.indexOf(next), 1)
      await launch(next.id)
    }
  }

  const report = (error: unknown): void => log.error({ err: error }, 'the scheduler failed and tries again')

  /** One look at everything; returns how long nothing more can happen by itself. */
  const pass = async (): Promise<number> => {
    const now = new Date(clock.now())
    const fired = await fireTimeTriggers(database, now)
    const planned = await planRuns(database, now)
    await place()
    await endExpired()
    if (fired > 0 || planned > 0) return 0
    const next = await nextWakeAt(database, new Date(clock.now()))
    return next === null ? idleMs : Math.min(idleMs, Math.max(1, next.getTime() - clock.now()))
  }

  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      isWoken = false
      let waitMs = 1000
      try {
        waitMs = await pass()
      } catch (error) {
        report(error)
      }
      if (waitMs > 0 && !isWoken) await bell.wait(waitMs, closing.signal)
    }
  }

  for (const { id } of await leftAttempts(database, owner)) {
    await lose(id, 'Nacre ended while the attempt ran, so its process was lost.')
  }
  const running = loop()

  return {
    wake,
    onAttemptExit,
    async killRun(runId, by) {
      const state = await findRunState(database, runId)
      if (state === null) throw new NacreError('NACRE_NOT_FOUND', `There is no run '${runId}'.`)
      move('run', runMoves, state, 'killed')
      const now = new Date(clock.now())
      const error = { code: 'NACRE_CANCELLED', message: `Killed by ${by}.` } as const
      const killed = await database.transaction(async (open) => {
        const attemptId = await killRunRow(open, runId, { now, error })
        if (attemptId === undefined) throw new NacreError('NACRE_CONFLICT', `Run '${runId}' has just ended.`)
        return attemptId !== null && (await moveAttempt(open, attemptId, 'killed', { now, error }))
          ? attemptId
          : null
      })
      if (killed !== null) {
        await note(killed, error.message)
        await launcher.stop(killed, { graceMs: killGraceMs, cause: 'stopped' })
      }
      wake()
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await running
    },
  }
}

const noProcess: Omit<ProcessEnd, 'attemptId' | 'cause'> = {
  exitCode: null,
  signal: null,
  tail: '',
  isolation: null,
  peakMemoryBytes: null,
  cpuMs: null,
}

function usageByTeam(placed: Iterable<Resources & { team: string }>): Map<string, Resources> {
  const usage = new Map<string, Resources>()
  for (const { team, cpus, memoryBytes } of placed) {
    const held = usage.get(team) ?? { cpus: 0, memoryBytes: 0 }
    usage.set(team, { cpus: held.cpus + cpus, memoryBytes: held.memoryBytes + memoryBytes })
  }
  return usage
}
