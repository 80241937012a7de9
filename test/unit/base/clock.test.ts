import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/index.ts'

test('sleep ends after its time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const sleeping = systemClock.sleep(5000, new AbortController().signal)
  t.mock.timers.tick(5000)
  await sleeping
})

test("sleep rejects with the signal's reason, before and while", async () => {
  const reason = new Error('no longer wanted')
  await assert.rejects(systemClock.sleep(60_000, AbortSignal.abort(reason)), reason)
  const abort = new AbortController()
  const sleeping = systemClock.sleep(60_000, abort.signal)
  abort.abort(reason)
  await assert.rejects(sleeping, reason)
})
