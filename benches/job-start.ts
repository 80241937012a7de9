import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, openDatabase, type Database } from '../src/database/index.ts'
import { nodeCommand, openLocalExecutor, type AttemptExit } from '../src/executors/index.ts'
import {
  claimAttempt,
  finishAttempt,
  job,
  jobManifest,
  jobMigrations,
  markDue,
  on,
  openAttemptLogs,
  openScheduler,
  registerApp,
  type Scheduler,
} from '../src/jobs/index.ts'
import { planRuns } from '../src/jobs/plan-runs.ts'

// What does a job's start cost beyond the bare start of its process: from the commit that makes it due to the first line of its program?
// Without cgroups (polled) the difference is Nacre's own; with them the kernel's cost of joining comes on top.
// And how many slots are decided per second when thousands are due at once?

const rounds = 40
const dueAtOnce = 5000
const table = 'bench.events'

const folder = mkdtempSync(join(tmpdir(), 'nacre-bench-'))
try {
  await using database = await openDatabase({ folder: join(folder, 'state') })
  await migrate(database, jobMigrations)
  const slotsPerSecond = await measurePlanning(database)
  const startMs = [await measureStarts(database, {}), await measureStarts(database, { isolation: 'polled' })]
  console.log(JSON.stringify({ rounds, startMs, dueAtOnce, slotsPerSecond }, null, 2))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Bare start and start by a commit in turns, so that both meet the same machine. */
async function measureStarts(
  database: Database,
  isolation: { isolation?: 'polled' },
): Promise<Record<string, unknown>> {
  const script = join(folder, 'started.mjs')
  const told = join(folder, 'told')
  writeFileSync(
    script,
    `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(told)}, String(performance.timeOrigin + performance.now()))`,
  )
  const firstLine = (): number => {
    const at = Number(readFileSync(told, 'utf8'))
    rmSync(told)
    return at
  }
  const now = (): number => performance.timeOrigin + performance.now()

  let ended = Promise.withResolvers<AttemptExit>()
  let scheduler: Scheduler | undefined
  let dueAt = 0
  const decided: number[] = []
  await using executor = await openLocalExecutor({
    folder: join(folder, 'attempts'),
    ...isolation,
    command: nodeCommand({ execPath: process.execPath, path: script }),
    onExit: async (exit) => {
      await claimAttempt(database, exit.attemptId)
      await database.transaction((open) => finishAttempt(open, exit.attemptId, { outputs: {} }))
      await scheduler?.onAttemptExit(exit)
      ended.resolve(exit)
    },
  })
  await using opened = await openScheduler({
    database,
    launcher: {
      capacity: () => executor.capacity(),
      start(attempt) {
        decided.push(now() - dueAt)
        return executor.start({ ...attempt, environment: {} })
      },
      stop: (attemptId, options) => executor.stop(attemptId, options),
    },
    logs: openAttemptLogs(join(folder, 'logs')),
  }).then((value) => (scheduler = value))
  await deploy(database, 1)

  const bare: number[] = []
  const byCommit: number[] = []
  for (let round = 0; round < rounds; round++) {
    let start = now()
    await once(spawn(process.execPath, [script], { stdio: 'ignore' }), 'exit')
    bare.push(firstLine() - start)

    ended = Promise.withResolvers()
    start = dueAt = now()
    await commit(database)
    opened.wake()
    await ended.promise
    if (!existsSync(told)) throw new Error('the job did not start')
    byCommit.push(firstLine() - start)
  }
  const extra = byCommit.map((ms, index) => ms - bare[index]!)
  return {
    isolation: executor.isolation,
    bareP50: percentile(bare, 0.5),
    p50: percentile(byCommit, 0.5),
    commitToLaunchP50: percentile(decided, 0.5),
    extraP50: percentile(extra, 0.5),
    extraP95: percentile(extra, 0.95),
  }
}

async function measurePlanning(database: Database): Promise<number> {
  await deploy(database, dueAtOnce)
  await commit(database)
  const start = performance.now()
  let planned = 0
  for (let runs = -1; runs !== 0; planned += runs) runs = await planRuns(database, new Date())
  if (planned !== dueAtOnce) throw new Error(`${planned} runs were planned`)
  const seconds = (performance.now() - start) / 1000
  await deploy(database, 0)
  return Math.round(dueAtOnce / seconds)
}

async function deploy(database: Database, count: number): Promise<void> {
  const manifests = Array.from({ length: count }, (_, index) =>
    jobManifest(
      job(`job-${index}`, {
        trigger: on({ kind: 'table-ref', name: table }),
        command: 'true',
        resources: { memory: '128MiB' },
      }),
      { team: 'bench' },
    ),
  )
  await database.transaction((open) => registerApp(open, { app: 'bench', bundle: 'none', manifests }))
}

async function commit(database: Database): Promise<void> {
  await database.transaction((open) =>
    markDue(open, [
      {
        table,
        tableUuid: 'bench',
        snapshotId: '1',
        sequenceNumber: 1,
        summary: {},
        partitions: [{}],
        committedAt: new Date().toISOString(),
      },
    ]),
  )
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return Number(sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1))
}
