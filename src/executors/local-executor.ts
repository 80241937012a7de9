import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { NacreError, sha256, silentLog, systemClock, type Clock, type Log } from '../base/index.ts'
import type { AttemptExit, AttemptLaunch, Executor } from './executor.ts'
import type { Isolation, ProcessGroup } from './isolation.ts'
import { openIsolation } from './open-isolation.ts'
import { markerVariable } from './polled-isolation.ts'

export interface LocalExecutorOptions {
  /** Holds a folder per attempt while it runs; belongs to this executor alone. */
  readonly folder: string
  /** Program and arguments of an attempt's process; see {@link nodeCommand}. */
  readonly command: (launch: AttemptLaunch) => readonly string[]
  /** Environment of every process beside the attempt's own variables, such as PATH. */
  readonly environment?: Readonly<Record<string, string>>
  /** Called once per started attempt, when none of its processes is left. */
  readonly onExit: (exit: AttemptExit) => void | Promise<void>
  /** Default: the strongest that works here. */
  readonly isolation?: Isolation['kind']
  /** Default: all processors, and 85 % of the memory. */
  readonly capacity?: { readonly cpus: number; readonly memoryBytes: number }
}

/** A local executor, and how it isolates. */
export interface LocalExecutor extends Executor {
  readonly name: 'local'
  readonly isolation: Isolation['kind']
}

/** How long a process has to end by itself after its timeout or when the executor closes. */
const graceMs = 3000
/** What a process writes to its standard streams beyond this is dropped, oldest first. */
const maxOutputBytes = 16 * 1024 ** 2
const tailBytes = 4096
/** Exit code of the joining shell when a group could not be joined. */
const notJoined = 125

interface RunningAttempt {
  readonly launch: AttemptLaunch
  readonly child: ChildProcess
  readonly group: ProcessGroup
  readonly folder: string
  /** Resolves when it is over and reported. */
  readonly ended: Promise<void>
  endedBy: 'stopped' | 'timed-out' | 'out-of-memory' | null
}

/**
 * Opens the executor that runs each attempt as a child process of its own, its processes held together by a cgroup or, without rights
 * on cgroups, by watching them. Throws NACRE_UNAVAILABLE when the isolation asked for does not work here.
 */
export async function openLocalExecutor(
  options: LocalExecutorOptions,
  { clock = systemClock, log = silentLog }: { clock?: Clock; log?: Log } = {},
): Promise<LocalExecutor> {
  const { folder, onExit } = options
  await mkdir(folder, { recursive: true })
  const isolation = await openIsolation(`nacre-${sha256(folder).slice(0, 12)}`, options.isolation)
  if (isolation === null)
    throw new NacreError(
      'NACRE_UNAVAILABLE',
      `Isolation '${options.isolation}' does not work here; see nacre doctor.`,
    )
  const capacity = options.capacity ?? {
    cpus: availableParallelism(),
    memoryBytes: Math.floor(0.85 * Math.min(totalmem(), process.constrainedMemory() || Infinity)),
  }
  const running = new Map<string, RunningAttempt>()
  const closing = new AbortController()

  const end = async (
    attempt: RunningAttempt,
    by: NonNullable<RunningAttempt['endedBy']>,
    afterMs: number,
  ): Promise<void> => {
    attempt.endedBy ??= by
    if (afterMs > 0) {
      signalGroup(attempt.child, 'SIGTERM')
      const waited = new AbortController()
      await Promise.race([attempt.ended, clock.sleep(afterMs, waited.signal).catch(() => undefined)])
      waited.abort()
    }
    if (running.has(attempt.launch.attemptId)) await attempt.group.killAll()
    await attempt.ended
  }

  /** Once a second: memory where it must be polled, and the size of the output. */
  const watch = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await clock.sleep(1000, closing.signal).catch(() => undefined)
      for (const attempt of running.values()) {
        try {
          await attempt.group.sample()
          if (await attempt.group.isOutOfMemory()) void end(attempt, 'out-of-memory', 0)
          const output = join(attempt.folder, 'output')
          if ((await stat(output)).size > maxOutputBytes) await truncate(output)
        } catch (error) {
          if (running.has(attempt.launch.attemptId))
            log.warn({ err: error }, 'an attempt could not be watched')
        }
      }
    }
  }

  const report = async (
    attempt: RunningAttempt,
    exitCode: number | null,
    signal: string | null,
  ): Promise<void> => {
    const { launch, group } = attempt
    await group.killAll()
    const usage = await group.usage()
    const tail = await readTail(join(attempt.folder, 'output'))
    const cause = causeOf(attempt, { exitCode, signal, tail, isOutOfMemory: await group.isOutOfMemory() })
    running.delete(launch.attemptId)
    try {
      await group.remove()
      await rm(attempt.folder, { recursive: true, force: true })
    } catch (error) {
      // recover() clears it away at the next start; the end must be told now.
      log.warn({ err: error, attempt: launch.attemptId }, 'an attempt could not be cleared away')
    }
    await onExit({
      attemptId: launch.attemptId,
      cause,
      exitCode,
      signal,
      tail,
      isolation: isolation.kind,
      ...usage,
    })
  }

  const watching = watch()
  return {
    name: 'local',
    isolation: isolation.kind,
    capacity: () => capacity,

    async start(launch) {
      if (closing.signal.aborted) throw new NacreError('NACRE_CANCELLED', 'The executor is closing.')
      const attemptFolder = join(folder, launch.attemptId)
      const scratch = join(attemptFolder, 'scratch')
      await mkdir(scratch, { recursive: true })
      const group = await isolation.createGroup(launch.attemptId, launch)
      const output = await open(join(attemptFolder, 'output'), 'a')
      try {
        const [program, ...args] = joining(group.joinFiles, options.command(launch))
        const child = spawn(program!, args, {
          cwd: scratch,
          env: {
            ...options.environment,
            ...launch.environment,
            TMPDIR: scratch,
            [markerVariable]: launch.attemptId,
          },
          // A session of its own: a Ctrl-C at the terminal is for Nacre, which then stops its attempts.
          detached: true,
          stdio: ['ignore', output.fd, output.fd],
        })
        await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
        group.begin(child.pid!)
        const { promise: ended, resolve: settle } = Promise.withResolvers<void>()
        const attempt: RunningAttempt = { launch, child, group, folder: attemptFolder, ended, endedBy: null }
        running.set(launch.attemptId, attempt)
        const timeout = setTimeout(() => void end(attempt, 'timed-out', graceMs), launch.timeoutMs)
        child.once('exit', (code, signal) => {
          clearTimeout(timeout)
          report(attempt, code, signal)
            .catch((error: unknown) =>
              log.error({ err: error }, 'the end of an attempt could not be reported'),
            )
            .finally(settle)
        })
      } catch (error) {
        await group.remove()
        await rm(attemptFolder, { recursive: true, force: true })
        throw error
      } finally {
        await output.close()
      }
    },

    async stop(attemptId, { graceMs: afterMs, cause }) {
      const attempt = running.get(attemptId)
      if (attempt !== undefined) await end(attempt, cause, afterMs)
    },

    async recover() {
      const attemptIds = await readdir(folder)
      await isolation.endLeftovers(attemptIds)
      for (const attemptId of attemptIds) await rm(join(folder, attemptId), { recursive: true, force: true })
      if (attemptIds.length > 0)
        log.info({ attempts: attemptIds }, 'ended what an earlier process left running')
    },

    async [Symbol.asyncDispose]() {
      closing.abort(new Error('closing'))
      await Promise.all([...running.values()].map((attempt) => end(attempt, 'stopped', graceMs)))
      await watching
      await isolation.close()
    },
  }
}

/** Puts the process into its groups before it becomes the program, so that nothing escapes; and first in line when the machine runs out of memory. */
function joining(joinFiles: readonly string[], command: readonly string[]): string[] {
  const script = `for file in $JOIN; do echo $$ > "$file" || exit ${notJoined}; done; unset JOIN; echo 1000 2>/dev/null > /proc/self/oom_score_adj; exec "$@"`
  return ['/bin/sh', '-c', `JOIN='${joinFiles.join(' ')}'; ${script}`, 'sh', ...command]
}

function causeOf(
  { endedBy, group }: RunningAttempt,
  end: { exitCode: number | null; signal: string | null; tail: string; isOutOfMemory: boolean },
): AttemptExit['cause'] {
  if (endedBy !== null) return endedBy
  if (end.exitCode === 0) return 'exited'
  if (end.isOutOfMemory || /JavaScript heap out of memory/.test(end.tail)) return 'out-of-memory'
  return end.exitCode === notJoined && group.joinFiles.length > 0 ? 'not-started' : 'exited'
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal)
  } catch {
    // It has ended meanwhile.
  }
}

async function readTail(path: string): Promise<string> {
  const text = await readFile(path)
  const tail = text.subarray(-tailBytes).toString('utf8')
  return text.length > tailBytes ? tail.slice(tail.indexOf('\n') + 1) : tail
}
