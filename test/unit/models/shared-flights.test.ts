import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedFlights } from '../../../src/models/shared-flights.ts'

const never = new AbortController().signal

test('callers of one key share one piece of work; the next call starts anew', async () => {
  const flights = new SharedFlights<number>()
  let runs = 0
  const work = async (): Promise<number> => {
    await Promise.resolve()
    return ++runs
  }
  assert.deepEqual(
    await Promise.all([
      flights.join('a', never, work),
      flights.join('a', never, work),
      flights.join('b', never, work),
    ]),
    [1, 1, 2],
  )
  assert.equal(await flights.join('a', never, work), 3)
})

test('a failure reaches every caller and is not kept', async () => {
  const flights = new SharedFlights<number>()
  const fail = (): Promise<number> => Promise.reject(new Error('no'))
  const settled = await Promise.allSettled([flights.join('a', never, fail), flights.join('a', never, fail)])
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal(await flights.join('a', never, () => Promise.resolve(1)), 1)
})

test('work is aborted when its last caller leaves, not before', async () => {
  const flights = new SharedFlights<number>()
  const [one, two] = [new AbortController(), new AbortController()]
  let shared: AbortSignal | undefined
  const work = (signal: AbortSignal): Promise<number> => {
    shared = signal
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  }
  const first = assert.rejects(flights.join('a', one.signal, work), { name: 'AbortError' })
  const second = assert.rejects(flights.join('a', two.signal, work), { name: 'AbortError' })
  one.abort()
  await first
  assert.equal(shared?.aborted, false)
  two.abort()
  await second
  assert.equal(shared?.aborted, true)
  assert.equal(await flights.join('a', never, () => Promise.resolve(7)), 7)
})
