import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { unpackBundle } from '../bundles/index.ts'
import { NacreError, systemClock, toNacreError, type Clock } from '../base/index.ts'
import { openEngine } from '../engines/index.ts'
import { builtInAppName, type AttemptAssignment, type JobDefinition } from '../jobs/index.ts'
import type { TableChange } from '../tables/index.ts'
import type { AttemptClient } from './attempt-client.ts'
import { runBuiltIn } from './built-in/built-in-jobs.ts'
import { executeJob } from './execute-job.ts'
import type { LogShipper } from './log-shipper.ts'

/** What an attempt's process may use of its machine. */
export interface AttemptSurroundings {
  /** Unpacked bundles are kept here, by hash. */
  readonly bundleFolder: string
  /** For spilling; empty at the start. */
  readonly scratchFolder: string
  /** Environment of a command job. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock
}

/**
 * Executes one claimed attempt and tells the platform how it went: commits its changes, or reports its failure.
 * Resolves to whether it succeeded; throws NACRE_STALE_ATTEMPT when the attempt is no longer wanted.
 */
export async function runAttempt(
  assignment: AttemptAssignment,
  {
    client,
    shipper,
    signal,
    surroundings,
  }: { client: AttemptClient; shipper: LogShipper; signal: AbortSignal; surroundings: AttemptSurroundings },
): Promise<boolean> {
  const cancel = new AbortController()
  const either = AbortSignal.any([signal, cancel.signal])
  const beating = heartbeats(assignment.leaseMs, client, cancel, surroundings.clock ?? systemClock)
  try {
    const changes =
      assignment.job.command === null
        ? await runFunction(assignment, client, shipper, either, surroundings)
        : await runCommand(assignment, assignment.job.command, shipper, either, surroundings)
    // Before the run is over: who follows its log is told to stop then.
    await shipper.flush()
    await client.complete({ changes }, signal)
    return true
  } catch (thrown) {
    // Told to stop from outside: whoever did it knows how the attempt ended.
    if (signal.aborted) throw thrown
    // The reason of an abort says more than the error it made.
    const error = toNacreError(cancel.signal.aborted ? cancel.signal.reason : thrown)
    if (error.code === 'NACRE_STALE_ATTEMPT') throw error
    const failure = error.code === 'NACRE_INTERNAL' ? jobFailure(thrown, error) : error
    shipper.log.error(
      failure.message,
      thrown instanceof Error && thrown.stack !== undefined ? { stack: thrown.stack } : undefined,
    )
    await shipper.flush()
    await client.fail({ error: failure.toJSON() }, AbortSignal.timeout(60_000))
    return false
  } finally {
    cancel.abort()
    await beating
  }
}

/** An error of unknown kind inside a job's run comes from the job's own code. */
function jobFailure(thrown: unknown, error: NacreError): NacreError {
  const name = thrown instanceof Error && thrown.name !== 'Error' ? `${thrown.name}: ` : ''
  return new NacreError('NACRE_JOB_FAILED', `${name}${error.message}`, { cause: thrown })
}

async function heartbeats(
  leaseMs: number,
  client: AttemptClient,
  cancel: AbortController,
  clock: Clock,
): Promise<void> {
  while (!cancel.signal.aborted) {
    try {
      await clock.sleep(leaseMs / 3, cancel.signal)
      const { cancel: reason } = await client.heartbeat(cancel.signal)
      if (reason !== null) {
        cancel.abort(
          new NacreError(
            reason === 'killed' ? 'NACRE_CANCELLED' : 'NACRE_TIMEOUT',
            reason === 'killed' ? 'The run was killed.' : 'The attempt exceeded its timeout.',
          ),
        )
      }
    } catch (error) {
      if (!cancel.signal.aborted) cancel.abort(error)
    }
  }
}

async function runFunction(
  assignment: AttemptAssignment,
  client: AttemptClient,
  shipper: LogShipper,
  signal: AbortSignal,
  { bundleFolder, scratchFolder, clock = systemClock }: AttemptSurroundings,
): Promise<TableChange[]> {
  const { app, job, storage } = assignment
  const [definition, engine] = await Promise.all([
    app === builtInAppName ? undefined : loadJob(assignment, client, bundleFolder, signal),
    openEngine({
      name: 'duckdb',
      memoryBytes: Math.round(job.memoryBytes / 2),
      threads: Math.ceil(job.cpus),
      scratchFolder,
      ...storage,
    }),
  ])
  await using _engine = engine
  if (definition === undefined) {
    await runBuiltIn(job.name, { client, engine, log: shipper.log, signal, clock })
    return []
  }
  // Awaited here: the engine is closed when this function is left.
  return await executeJob(
    { ...assignment, definition, checks: job.checks },
    { engine, log: shipper.log, signal },
  )
}

async function loadJob(
  assignment: AttemptAssignment,
  client: AttemptClient,
  bundleFolder: string,
  signal: AbortSignal,
): Promise<JobDefinition> {
  const path = await unpackBundle(
    () => client.bundle(assignment.bundle, signal),
    assignment.bundle,
    bundleFolder,
  )
  const { default: app } = (await import(pathToFileURL(path).href)) as {
    default: { spec: { jobs?: readonly JobDefinition[] } }
  }
  const definition = app.spec.jobs?.find(({ name }) => name === assignment.job.name)
  if (definition === undefined) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Bundle ${assignment.bundle} holds no job '${assignment.job.name}'. Deploy the app again.`,
    )
  }
  return definition
}

async function runCommand(
  assignment: AttemptAssignment,
  command: string,
  shipper: LogShipper,
  signal: AbortSignal,
  { environment, scratchFolder, clock = systemClock }: AttemptSurroundings,
): Promise<TableChange[]> {
  signal.throwIfAborted()
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: scratchFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environment,
      NACRE_JOB: assignment.job.name,
      NACRE_RUN: assignment.runId,
      NACRE_DUE_AT: assignment.dueAt,
      NACRE_PARTITION: assignment.days.join(','),
    },
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => shipper.write('stdout', text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => shipper.write('stderr', text))
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  const outputEnd = new AbortController()
  child.once('close', () => outputEnd.abort())
  const [code, killedBy] = (await once(child, 'exit')) as [number | null, string | null]
  signal.removeEventListener('abort', stop)
  // A program left in the background keeps the output open; it is ended with this process.
  await clock.sleep(1000, outputEnd.signal).catch(() => undefined)
  child.stdout.destroy()
  child.stderr.destroy()
  signal.throwIfAborted()
  if (code === 0) return []
  throw new NacreError(
    'NACRE_JOB_FAILED',
    code === null
      ? `The command was ended by ${killedBy}.`
      : `The command ended with exit code ${code}; its output is in the log.`,
    {
      details: { command, exitCode: code },
    },
  )
}
