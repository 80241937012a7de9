import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../../../src/jobs/index.ts'
import { createLogShipper } from '../../../src/runner/index.ts'

/** A platform that takes lines, but for the first calls named in `failing`. */
function platform(failing: readonly number[] = []): {
  readonly calls: (readonly LogLine[])[]
  readonly taken: LogLine[]
  readonly send: (lines: readonly LogLine[]) => Promise<void>
} {
  const calls: (readonly LogLine[])[] = []
  const taken: LogLine[] = []
  return {
    calls,
    taken,
    send: async (lines) => {
      const call = calls.push(structuredClone(lines)) - 1
      await Promise.resolve()
      if (failing.includes(call)) throw new Error('away')
      taken.push(...lines)
    },
  }
}

const messages = (lines: readonly LogLine[]): string[] => lines.map(({ message }) => message)

test('lines of all streams arrive in order, numbered without gaps, with level and fields', async () => {
  const { taken, send } = platform()
  const shipper = createLogShipper(send, { now: () => new Date('2026-01-05T10:00:00Z') })
  shipper.log.info('begun', { rows: 7 })
  shipper.write('stdout', 'one\ntwo\n')
  shipper.write('stderr', 'careful\n')
  shipper.log.warn('hm')
  shipper.log.error('no')
  await shipper[Symbol.asyncDispose]()
  const at = '2026-01-05T10:00:00.000Z'
  assert.deepEqual(taken, [
    { seq: 0, at, stream: 'log', level: 'info', message: 'begun', fields: { rows: 7 } },
    { seq: 1, at, stream: 'stdout', level: 'info', message: 'one' },
    { seq: 2, at, stream: 'stdout', level: 'info', message: 'two' },
    { seq: 3, at, stream: 'stderr', level: 'warn', message: 'careful' },
    { seq: 4, at, stream: 'log', level: 'warn', message: 'hm' },
    { seq: 5, at, stream: 'log', level: 'error', message: 'no' },
  ])
})

test('a line that comes in parts is one line, each stream for itself; the last needs no end', async () => {
  const { taken, send } = platform()
  const shipper = createLogShipper(send)
  shipper.write('stdout', 'o')
  shipper.write('stderr', 'other\n')
  shipper.write('stdout', 'ne\n\ntw')
  shipper.write('stdout', 'o')
  await shipper[Symbol.asyncDispose]()
  assert.deepEqual(messages(taken), ['other', 'one', '', 'two'])
})

test('lines are sent soon, together, and again after a failure, in order', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { calls, taken, send } = platform([0])
  const shipper = createLogShipper(send)
  shipper.log.info('a')
  shipper.log.info('b')
  assert.equal(calls.length, 0)
  t.mock.timers.tick(100)
  await new Promise(setImmediate)
  assert.deepEqual(calls.map(messages), [['a', 'b']])
  shipper.log.info('c')
  t.mock.timers.tick(1000)
  await new Promise(setImmediate)
  assert.deepEqual(calls.map(messages), [
    ['a', 'b'],
    ['a', 'b', 'c'],
  ])
  assert.deepEqual(messages(taken), ['a', 'b', 'c'])
  await shipper[Symbol.asyncDispose]()
  assert.equal(calls.length, 2)
})

test('a line added while others are on their way is sent after them, once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const gate = Promise.withResolvers<void>()
  const calls: string[][] = []
  const shipper = createLogShipper(async (lines) => {
    calls.push(messages(lines))
    await gate.promise
  })
  shipper.log.info('a')
  t.mock.timers.tick(100)
  shipper.log.info('b')
  t.mock.timers.tick(100)
  assert.deepEqual(calls, [['a']], 'one request at a time')
  gate.resolve()
  await shipper[Symbol.asyncDispose]()
  assert.deepEqual(calls, [['a'], ['b']])
})

test('at the end everything is sent, however much it is, in requests that the platform takes', async () => {
  const { calls, taken, send } = platform([3])
  const shipper = createLogShipper(send)
  const long = 'é'.repeat(2000)
  for (let line = 0; line < 9000; line++) shipper.log.info(`${line} ${line % 10 === 0 ? long : ''}`)
  await shipper[Symbol.asyncDispose]()
  assert.deepEqual(
    taken.map(({ seq }) => seq),
    Array.from({ length: 9000 }, (_, seq) => seq),
  )
  for (const lines of calls) {
    assert.ok(lines.length <= 500)
    assert.ok(Buffer.byteLength(JSON.stringify(lines)) < 4 * 1024 ** 2)
  }
})

test('what cannot be sent is given up in the end', async () => {
  let calls = 0
  const shipper = createLogShipper(async () => {
    calls++
    throw new Error('away for ever')
  })
  shipper.log.info('unheard')
  await shipper[Symbol.asyncDispose]()
  assert.equal(calls, 5)
})

test('a log that grows without being taken is cut, and says where', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { taken, send } = platform()
  const shipper = createLogShipper(send)
  for (let line = 0; line < 10_000; line++) shipper.log.info(`line ${line}`)
  for (let line = 0; line < 7; line++) shipper.log.info('too much')
  t.mock.timers.tick(100)
  await new Promise(setImmediate)
  shipper.log.info('room again')
  await shipper[Symbol.asyncDispose]()
  assert.equal(taken.length, 10_002)
  assert.deepEqual(messages(taken.slice(-3)), [
    'line 9999',
    'The log grew faster than it could be sent; lines are missing here.',
    'room again',
  ])
  assert.deepEqual(
    taken.map(({ seq }) => seq),
    Array.from({ length: 10_002 }, (_, seq) => seq),
  )
})

test('as many lines as are kept are not said to be missing', async () => {
  const { taken, send } = platform()
  const shipper = createLogShipper(send)
  for (let line = 0; line < 10_000; line++) shipper.log.info(`line ${line}`)
  await shipper[Symbol.asyncDispose]()
  assert.deepEqual([taken.length, taken.at(-1)!.message], [10_000, 'line 9999'])
})

test('a line longer than a request may be comes in parts, nothing of it lost, also without an end', async () => {
  const { taken, send } = platform()
  const shipper = createLogShipper(send)
  const long = Array.from({ length: 20_000 }, (_, index) => `${index},`).join('')
  for (let at = 0; at < long.length; at += 7777) shipper.write('stdout', long.slice(at, at + 7777))
  shipper.log.info(long, { kept: true })
  await shipper[Symbol.asyncDispose]()
  const textOf = (stream: LogLine['stream']): string =>
    messages(taken.filter((line) => line.stream === stream)).join('')
  assert.equal(textOf('stdout'), long)
  assert.equal(textOf('log'), long)
  assert.ok(taken.every(({ message }) => message.length <= 32 * 1024))
  assert.equal(taken.filter(({ fields }) => fields !== undefined).length, 1)
})

test('fields that JSON cannot carry do not hold up the log', async () => {
  const { taken, send } = platform()
  const shipper = createLogShipper(send)
  const circle: { self?: object } = {}
  circle.self = circle
  shipper.log.info('bigint', { total: 2n ** 63n, inner: [1n] })
  shipper.log.info('circle', circle)
  shipper.log.info('nothing', { toJSON: () => undefined })
  shipper.log.info('huge', { text: 'x'.repeat(1_000_000) })
  shipper.log.info('time', { at: new Date(0), left: undefined })
  await shipper[Symbol.asyncDispose]()
  const [bigint, circular, nothing, huge, time] = taken.map(({ fields }) => fields as Record<string, unknown>)
  assert.deepEqual(bigint, { total: '9223372036854775808', inner: ['1'] })
  assert.match(String(circular!['unwritable']), /circular/i)
  assert.ok('unwritable' in nothing!)
  assert.match(String(huge!['cut']), /^\{"text":"x+… \(1000011 characters\)$/)
  assert.deepEqual(time, { at: '1970-01-01T00:00:00.000Z' })
  assert.doesNotThrow(() => JSON.stringify(taken))
})
