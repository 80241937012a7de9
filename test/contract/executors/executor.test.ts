import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { writeFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  nodeCommand,
  openLocalExecutor,
  type AttemptExit,
  type AttemptLaunch,
  type LocalExecutor,
} from '../../../src/executors/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const MiB = 1024 ** 2

interface World extends AsyncDisposable {
  readonly executor: LocalExecutor
  readonly folder: string
  /** Runs a script as an attempt and waits for its end. */
  readonly run: (source: string, limits?: Partial<AttemptLaunch>) => Promise<AttemptExit>
  readonly start: (
    source: string,
    limits?: Partial<AttemptLaunch>,
  ) => Promise<{ id: string; exit: Promise<AttemptExit> }>
}

async function openWorld(isolation: LocalExecutor['isolation']): Promise<World | string> {
  const temp = tempFolder()
  const exits = new Map<string, PromiseWithResolvers<AttemptExit>>()
  const scripts = new Map<string, string>()
  let count = 0
  let executor: LocalExecutor
  try {
    executor = await openLocalExecutor({
      folder: join(temp.path, 'attempts'),
      isolation,
      environment: { PATH: process.env['PATH'] ?? '', OUT: temp.path },
      command: (launch) =>
        nodeCommand({ execPath: process.execPath, path: scripts.get(launch.attemptId)! })(launch),
      onExit: (exit) => {
        assert.ok(exits.has(exit.attemptId), 'an end is told once')
        exits.get(exit.attemptId)!.resolve(exit)
        exits.delete(exit.attemptId)
      },
    })
  } catch (error) {
    await temp[Symbol.asyncDispose]()
    return (error as Error).message
  }
  const start: World['start'] = async (source, limits) => {
    const id = `attempt-${++count}`
    const path = join(temp.path, `${id}.mjs`)
    await writeFile(path, source)
    scripts.set(id, path)
    const exit = Promise.withResolvers<AttemptExit>()
    exits.set(id, exit)
    const launch = {
      attemptId: id,
      team: 't',
      cpus: 1,
      memoryBytes: 512 * MiB,
      timeoutMs: 60_000,
      environment: { OF: id },
    }
    await executor.start({ ...launch, ...limits })
    return { id, exit: exit.promise }
  }
  return {
    executor,
    folder: temp.path,
    start,
    run: async (source, limits) => (await start(source, limits)).exit,
    async [Symbol.asyncDispose]() {
      await executor[Symbol.asyncDispose]()
      await temp[Symbol.asyncDispose]()
    },
  }
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (what()) return
    await sleep(10)
  }
  throw new Error('it never happened')
}

/** A zombie is dead: it only waits for its new parent to notice. */
function isAlive(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  return state !== '' && !state.startsWith('Z')
}

/** Forks a process into a session of its own, which forks again and outlives its parents. */
const escape = `
import { spawn } from 'node:child_process'
import { writeFileSync, existsSync } from 'node:fs'
const file = process.env.OUT + '/' + process.env.OF + '.pid'
spawn('sh', ['-c', 'setsid sh -c "sleep 300 & echo \\\\$! > ' + file + '.tmp; mv ' + file + '.tmp ' + file + '; wait" &'], { detached: true, stdio: 'ignore' }).unref()
while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10))
`

for (const kind of ['cgroup2', 'cgroup1', 'polled'] as const) {
  test(`local executor, ${kind}`, async (t) => {
    const opened = await openWorld(kind)
    if (typeof opened === 'string') return t.skip(opened)
    await using world = opened
    const { run, start, executor, folder } = world

    await t.test('tells exit code, output and use', async () => {
      const exit = await run(
        `console.log('hello', process.env.OF, process.cwd().endsWith('scratch')); process.exit(0)`,
      )
      assert.equal(exit.cause, 'exited')
      assert.equal(exit.exitCode, 0)
      assert.equal(exit.tail, `hello ${exit.attemptId} true\n`)
      assert.equal(exit.isolation, kind)
      if (kind !== 'polled') assert.ok(exit.cpuMs! > 1)
      assert.deepEqual(readdirSync(join(folder, 'attempts')), [])
    })
    await t.test('tells a failure with the last words', async () => {
      const exit = await run(
        `console.error('x'.repeat(10_000)); console.error('the reason'); process.exit(1)`,
      )
      assert.equal(exit.exitCode, 1)
      assert.equal(exit.tail, 'the reason\n')
    })
    await t.test('refuses what cannot be started or says so', async () => {
      const exit = await run(`await import('/no/such/module.js')`)
      assert.equal(exit.cause, 'exited')
      assert.match(exit.tail, /no\/such\/module/)
    })
    await t.test('ends what outlives its timeout, by force if need be', async () => {
      const exit = await run(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`, {
        timeoutMs: 1000,
      })
      assert.equal(exit.cause, 'timed-out')
      assert.equal(exit.signal, 'SIGKILL')
    })
    await t.test('stops politely', async () => {
      const { id, exit } = await start(
        `process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); console.log('ready'); setInterval(() => {}, 1000)`,
      )
      const output = join(folder, 'attempts', id, 'output')
      await until(() => existsSync(output))
      while (!(await readFile(output, 'utf8')).includes('ready')) await sleep(10)
      await executor.stop(id, { graceMs: 10_000, cause: 'stopped' })
      const { cause, tail } = await exit
      assert.equal(cause, 'stopped')
      assert.match(tail, /bye/)
      await executor.stop(id, { graceMs: 0, cause: 'stopped' })
    })
    await t.test('kills what forked and left its session when the attempt ends', async () => {
      const exit = await run(escape)
      assert.equal(exit.exitCode, 0, exit.tail)
      const pid = Number(await readFile(join(folder, `${exit.attemptId}.pid`), 'utf8'))
      assert.ok(pid > 1)
      assert.equal(isAlive(pid), false)
    })
    await t.test('ends an attempt that takes more memory than declared', async () => {
      const hog = `const kept = []; for (;;) { kept.push(Buffer.alloc(16 * 1024 * 1024, 1)); await new Promise((resolve) => setTimeout(resolve, 50)) }`
      const exit = await run(hog, { memoryBytes: 200 * MiB })
      assert.equal(exit.cause, 'out-of-memory')
      assert.ok(exit.peakMemoryBytes! > 100 * MiB)
    })
    await t.test('calls a full JavaScript heap out of memory', async () => {
      const exit = await run(`const kept = []; for (;;) kept.push(new Array(1000).fill(0).map(() => ({})))`, {
        memoryBytes: 300 * MiB,
      })
      assert.equal(exit.cause, 'out-of-memory')
    })
  })
}

test('a new executor ends what a dead one left running', async () => {
  await using temp = tempFolder()
  const pidFile = join(temp.path, 'pid')
  const script = join(temp.path, 'host.ts')
  const sleeper = join(temp.path, 'sleeper.mjs')
  await writeFile(
    sleeper,
    `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`,
  )
  for (const kind of ['cgroup2', 'cgroup1', 'polled'] as const) {
    const options = `{ folder: ${JSON.stringify(join(temp.path, kind))}, isolation: '${kind}', command: () => [process.execPath, ${JSON.stringify(sleeper)}], onExit: () => {} }`
    await writeFile(
      script,
      `import { openLocalExecutor } from ${JSON.stringify(join(import.meta.dirname, '../../../src/executors/index.ts'))}
       import { existsSync } from 'node:fs'
       const executor = await openLocalExecutor(${options}).catch(() => process.exit(7))
       await executor.start({ attemptId: 'left', team: 't', cpus: 1, memoryBytes: 2e8, timeoutMs: 60000, environment: {} })
       while (!existsSync(${JSON.stringify(pidFile)})) await new Promise((resolve) => setTimeout(resolve, 10))
       process.kill(process.pid, 'SIGKILL')`,
    )
    if (spawnSync(process.execPath, [script]).status === 7) continue
    const pid = Number(await readFile(pidFile, 'utf8'))
    assert.ok(isAlive(pid), kind)
    await using executor = await openLocalExecutor({
      folder: join(temp.path, kind),
      isolation: kind,
      command: () => [],
      onExit: () => assert.fail('it was not started here'),
    })
    await executor.recover()
    assert.equal(isAlive(pid), false, kind)
    assert.deepEqual(readdirSync(join(temp.path, kind)), [])
    rmSync(pidFile)
  }
})
