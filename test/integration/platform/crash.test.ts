import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FeedInfo, RunInfo, TableDetail } from '../../../src/server/contract.ts'
import { makeProject, startPlatformProcess, type PlatformProcess } from '../../support/platform-process.ts'
import { freePort } from '../../support/postgres-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import {
  booksProject,
  countByDay,
  dailyOpens,
  landedIds,
  settled,
  startFeedReceiver,
  startSegmentClient,
  startSending,
} from './books-project.ts'

/** Below the five losses in a row after which a run is given up; in each round it is killed once more while it starts. */
const rounds = 4
const days = Array.from({ length: 6 }, (_, index) => `2026-05-0${index + 1}`)

/** Processes of attempts that run with a state folder, found by the folder they were started in. */
function jobProcesses(stateFolder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TMPDIR=${stateFolder}/attempts/`)
      } catch {
        return false // it has ended
      }
    })
    .map(Number)
}

/** Kills a platform while it starts. */
async function startAndKill(cwd: string, afterMs: number): Promise<void> {
  const bin = resolve(import.meta.dirname, '../../../src/bin/nacre.ts')
  const child = spawn(process.execPath, [bin, 'up', '--port', '0', '--collector-port', '0'], {
    cwd,
    stdio: 'ignore',
  })
  await sleep(afterMs)
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** A generator of numbers in [0, 1) that a seed decides; mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test('the platform is killed again and again: every acknowledged event lands once, is counted once, and is told', async (context) => {
  const seed = Number(process.env['NACRE_TEST_SEED'] ?? Date.now() % 1_000_000)
  context.diagnostic(`seed ${seed}`)
  const random = randomOf(seed)
  await using folder = tempFolder()
  await makeProject(folder.path, booksProject)
  // The receiver is away now and then.
  await using receiver = await startFeedReceiver((index) => (index % 5 === 1 ? 503 : 204))
  const collectorPort = await freePort()
  const url = `http://127.0.0.1:${collectorPort}`
  const start = (): Promise<PlatformProcess> =>
    startPlatformProcess(folder.path, {
      environment: receiver.environment,
      args: ['--collector-port', String(collectorPort)],
    })
  const stateFolder = `${folder.path}/.nacre`

  await using processes = new AsyncDisposableStack()
  let platform = processes.use(await start())
  const { writeKey } = platform
  using sending = new DisposableStack()
  const senders = [
    ...['a', 'b'].map((name) => startSending({ name, url, writeKey, days, pauseMs: 10 })),
    startSegmentClient({ name: 'segment', url, writeKey, days }),
  ].map((sender) => sending.use(sender))
  for (let round = 0; round < rounds; round++) {
    await sleep(random() * 6000)
    const left = new Set(jobProcesses(stateFolder))
    await platform.kill('SIGKILL')
    for (const pid of jobProcesses(stateFolder)) left.add(pid)
    await startAndKill(folder.path, random() * 2000)
    platform = processes.use(await start())
    assert.deepEqual(
      jobProcesses(stateFolder).filter((pid) => left.has(pid)),
      [],
      'a job of the killed platform is still alive',
    )
  }
  await Promise.all(senders.map((sender) => sender.stop()))
  await settled(platform)

  const acked = new Map(senders.flatMap((sender) => [...sender.acked]))
  assert.ok(acked.size > 100)
  assert.deepEqual(await landedIds(platform), [...acked.keys()].toSorted())
  assert.deepEqual(await dailyOpens(platform), countByDay(acked.values()))
  assert.deepEqual(await platform.sql('select days, opens from metrics.total'), [[days.length, acked.size]])

  const runs = await platform.api.get<readonly RunInfo[]>('runs?limit=500')
  assert.deepEqual(
    runs.filter(({ state }) => state !== 'succeeded').map(({ job, state, error }) => ({ job, state, error })),
    [],
  )
  const unended = runs.flatMap(({ attempts }) => attempts).filter(({ endedAt }) => endedAt === null)
  assert.deepEqual(unended, [])
  const attempts = Object.groupBy(
    runs.flatMap(({ attempts }) => attempts),
    ({ state }) => state,
  )
  context.diagnostic(
    `${acked.size} events, ${runs.length} runs, ${attempts.lost?.length ?? 0} attempts lost to the kills`,
  )
  // Each snapshot is the output of one run, and of no other.
  const outputs = runs.flatMap((run) => Object.values(run.outputs))
  assert.equal(new Set(outputs).size, outputs.length)

  const { table } = await platform.api.get<TableDetail>('tables/metrics.total')
  const committed = runs.flatMap((run) => run.outputs['metrics.total'] ?? [])
  const told = receiver.notifications().map(({ data }) => data.snapshotId)
  assert.deepEqual(new Set(told), new Set(committed))
  const [feed] = await platform.api.get<readonly FeedInfo[]>('feeds')
  assert.equal(feed!.latest!.snapshotId, table.current!.snapshotId)
  assert.equal(told.at(-1), table.current!.snapshotId)
})
