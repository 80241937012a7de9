import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { books } from '../../../examples/bookstore/catalogue/books.ts'
import { sendUploads } from '../../../examples/bookstore/simulator/send.ts'
import { countUploads, simulate, type World } from '../../../examples/bookstore/simulator/simulate.ts'

const day = 86_400_000
const end = Date.parse('2026-06-01T12:00:00Z')
const world: World = { seed: 7, readers: 40, days: 30, startMs: end - 30 * day }

test('every book has an id of its own', () => {
  assert.equal(new Set(books.map(({ id }) => id)).size, books.length)
  for (const { id } of books) assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/)
})

test('a seed gives one world, another seed another', () => {
  assert.deepEqual(simulate(world, end), simulate(world, end))
  assert.notDeepEqual(simulate(world, end), simulate({ ...world, seed: 8 }, end))
})

test('a world told in two parts is the world told at once', () => {
  const middle = end - 5.3 * day
  assert.deepEqual([...simulate(world, middle), ...simulate(world, end, middle)], simulate(world, end))
  assert.deepEqual(simulate(world, end, end), [])
  const [all, first, second] = [
    countUploads(simulate(world, end)),
    countUploads(simulate(world, middle)),
    countUploads(simulate(world, end, middle), simulate(world, middle)),
  ]
  assert.equal(first.distinct + second.distinct, all.distinct)
})

test('a world has what makes data hard', () => {
  const uploads = simulate({ ...world, readers: 200 }, end)
  const { calls, distinct, good, rejected } = countUploads(uploads)
  assert.ok(calls > distinct, 'some devices send their queue again')
  assert.equal(
    Object.values(good).reduce((a, b) => a + b) + Object.values(rejected).reduce((a, b) => a + b),
    distinct,
  )
  assert.ok(good['Signed Up']! > 180 && good['Signed Up']! <= 200, 'a few are still offline')
  for (const name of ['Trial Started', 'Subscription Started', 'Subscription Cancelled', 'Book Finished']) {
    assert.ok(good[name]! > 0, name)
  }
  assert.equal(Object.keys(rejected).length, 4)
  const lateMs = uploads.flatMap(({ atMs, device, calls: queue }) =>
    queue.map(({ deviceMs }) => atMs - (deviceMs - device.clockErrorMs)),
  )
  assert.ok(lateMs.every((late) => late >= -1))
  assert.ok(
    lateMs.some((late) => late > 2 * day),
    'some events come days late',
  )
  const errors = uploads.map(({ device }) => Math.abs(device.clockErrorMs))
  assert.ok(
    errors.some((error) => error > 365 * day) && errors.some((error) => error < 2000),
    'some clocks are years off',
  )
  const platforms = new Map<string, Set<string>>()
  for (const { device, calls: queue } of uploads) {
    const id = queue[0]!.userId
    platforms.set(id, (platforms.get(id) ?? new Set()).add(device.platform))
  }
  assert.ok(
    [...platforms.values()].some((kinds) => kinds.has('phone') && kinds.has('tablet')),
    'some read on two devices',
  )
  assert.ok(new Set(uploads.map(({ radio }) => radio)).size === 4)
})

test('what is sent arrives, with the clock of the device and the mishaps of its network', async () => {
  interface Batch {
    readonly sentAt: string
    readonly batch: readonly { messageId: string; timestamp: string; context: { device: { id: string } } }[]
  }
  const received: { readonly body: Batch; readonly key: string; readonly atMs: number }[] = []
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const [, credentials = ''] = request.headers.authorization!.split(' ')
      received.push({
        body: JSON.parse(Buffer.concat(chunks).toString()) as Batch,
        key: atob(credentials),
        atMs: Date.now(),
      })
      response.end('{"success":true}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = collector.address() as AddressInfo
    const uploads = simulate({ ...world, readers: 30 }, end)
    const { sent: accepted, traffic } = await sendUploads(uploads, {
      collector: `http://127.0.0.1:${port}`,
      writeKey: 'key',
    })

    assert.equal(accepted, uploads.length)
    const arrived = received.flatMap(({ body }) => body.batch)
    const { calls, distinct } = countUploads(uploads)
    assert.equal(new Set(arrived.map(({ messageId }) => messageId)).size, distinct)
    assert.equal(arrived.length, calls + traffic.duplicates)
    assert.equal(arrived.length, traffic.acknowledged)
    assert.ok(received.every(({ key }) => key === 'key:'))

    const device = new Map(uploads.map((upload) => [upload.device.id, upload.device]))
    const sent = new Map(uploads.flatMap((upload) => upload.calls.map((call) => [call.messageId, call])))
    for (const { body, atMs } of received) {
      const { clockErrorMs } = device.get(body.batch[0]!.context.device.id)!
      assert.ok(Math.abs(Date.parse(body.sentAt) - clockErrorMs - atMs) < 60_000)
      for (const { messageId, timestamp } of body.batch) {
        assert.equal(Date.parse(timestamp), sent.get(messageId)!.deviceMs)
      }
    }
  } finally {
    collector.close()
  }
})

test('an event that is refused stops the simulator, naming the collector', async () => {
  const collector = createServer((request, response) => {
    request.resume()
    response.writeHead(400).end()
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  try {
    const address = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
    const uploads = simulate(world, end).filter(({ radio }) => radio === 'clean')
    await assert.rejects(
      sendUploads(uploads.slice(0, 3), { collector: address, writeKey: 'key', concurrency: 1 }),
      new RegExp(`The collector at ${address} did not accept`),
    )
  } finally {
    collector.close()
  }
})
