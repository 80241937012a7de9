import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bell, Mutex } from '../../../src/base/index.ts'

test('a mutex runs work one at a time, in order of call, and gives each caller its own result', async () => {
  const mutex = new Mutex()
  const seen: string[] = []
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = (name: string, until?: Promise<void>): Promise<string> =>
    mutex.run(async () => {
      seen.push(`${name} begins`)
      await until
      seen.push(`${name} ends`)
      return name
    })
  const results = [work('a', gates[0]!.promise), work('b', gates[1]!.promise), work('c')]
  gates[1]!.resolve() // b could go on at once, but waits for a
  gates[0]!.resolve()
  assert.deepEqual(await Promise.all(results), ['a', 'b', 'c'])
  assert.deepEqual(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

test('a failure of one work reaches its caller only', async () => {
  const mutex = new Mutex()
  const failing = mutex.run(() => Promise.reject(new Error('mine')))
  const throwing = mutex.run(() => {
    throw new Error('at once')
  })
  const next = mutex.run(() => Promise.resolve('fine'))
  await assert.rejects(failing, /mine/)
  await assert.rejects(throwing, /at once/)
  assert.equal(await next, 'fine')
})

test('a bell wakes all who wait, once', async () => {
  const bell = new Bell()
  const woken: string[] = []
  const waiting = ['a', 'b'].map((name) => bell.wait(60_000).then(() => woken.push(name)))
  bell.ring()
  await Promise.all(waiting)
  assert.deepEqual(woken, ['a', 'b'])

  const later = bell.wait(60_000).then(() => woken.push('later'))
  await Promise.resolve()
  assert.deepEqual(woken, ['a', 'b'], 'an earlier ring is over')
  bell.ring()
  await later
})

test('a waiter who waits again while woken needs another ring', async () => {
  const bell = new Bell()
  let rounds = 0
  const twice = bell.wait(60_000).then(() => {
    rounds++
    return bell.wait(60_000).then(() => rounds++)
  })
  bell.ring()
  await new Promise(setImmediate)
  assert.equal(rounds, 1)
  bell.ring()
  await twice
  assert.equal(rounds, 2)
})

test('waiting ends after the timeout', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let ended = false
  const waiting = new Bell().wait(1000).then(() => (ended = true))
  t.mock.timers.tick(999)
  await Promise.resolve()
  assert.equal(ended, false)
  t.mock.timers.tick(1)
  await waiting
})

test('waiting ends when the signal aborts, before or while', async () => {
  const bell = new Bell()
  await bell.wait(60_000, AbortSignal.abort())
  const abort = new AbortController()
  const waiting = bell.wait(60_000, abort.signal)
  abort.abort()
  await waiting
})
