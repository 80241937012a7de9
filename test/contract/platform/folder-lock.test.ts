import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { lockFolder } from '../../../src/platform/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const module = resolve(import.meta.dirname, '../../../src/platform/folder-lock.ts')

/** A process that tries for the lock; it prints `locked`, or the code of its error and the owner's pid, and lives until it is killed. */
async function locker(folder: string): Promise<{
  readonly pid: number
  readonly answer: string
  readonly kill: (signal: NodeJS.Signals) => Promise<void>
}> {
  const code = `
    const { lockFolder } = await import(${JSON.stringify(module)})
    setInterval(() => {}, 60_000)
    try {
      globalThis.lock = await lockFolder(${JSON.stringify(folder)})
      console.log('locked')
    } catch (error) {
      console.log(error.code + ' ' + error.details.pid)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [answer] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return {
    pid: child.pid!,
    answer,
    kill: async (signal) => {
      child.kill(signal)
      await once(child, 'exit')
    },
  }
}

test('of processes that start together one gets the folder, and the others are told which', async () => {
  await using folder = tempFolder()
  const all = await Promise.all([1, 2, 3].map(() => locker(folder.path)))
  const owners = all.filter(({ answer }) => answer === 'locked')
  assert.equal(owners.length, 1)
  // Who loses in the instant before the owner has written its pid cannot name it.
  for (const { answer } of all.filter((each) => each !== owners[0]))
    assert.match(answer, new RegExp(`^NACRE_ALREADY_RUNNING (${owners[0]!.pid}|null)$`))
  const late = await locker(folder.path)
  assert.equal(late.answer, `NACRE_ALREADY_RUNNING ${owners[0]!.pid}`)
  await Promise.all([...all, late].map(({ kill }) => kill('SIGKILL')))
})

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`a folder whose owner ended by ${signal} is free`, async () => {
    await using folder = tempFolder()
    const first = await locker(folder.path)
    assert.equal(first.answer, 'locked')
    await first.kill(signal)
    const second = await locker(folder.path)
    assert.equal(second.answer, 'locked')
    await second.kill('SIGKILL')
  })
}

test('a lock that was given back can be taken again; other folders are not concerned', async () => {
  await using folder = tempFolder()
  const state = join(folder.path, 'not/yet/there')
  {
    await using _lock = await lockFolder(state)
    await using _other = await lockFolder(join(folder.path, 'other'))
    await assert.rejects(lockFolder(state), {
      code: 'NACRE_ALREADY_RUNNING',
      message: new RegExp(
        `already runs on .*not/yet/there, as process ${process.pid}\\. Stop it first.*--state-folder`,
      ),
      details: { pid: process.pid, folder: state },
    })
  }
  await using _again = await lockFolder(state)
})
