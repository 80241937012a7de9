import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate, openDatabase } from '../src/database/index.ts'
import {
  createCollector,
  createKeyRing,
  createWriteKey,
  event,
  eventManifest,
  migrations,
  openSegmentLog,
  Type,
} from '../src/events/index.ts'
import { compilePlan } from '../src/events/event-contract.ts'

// What does durability cost: events acknowledged after fsync per CPU-second, against the same process that only parses them,
// and against one that parses and validates them? Batches of 50 events over loopback; wrk (Debian's) in a process of its own.

const rounds = 5
const seconds = 2
const connections = 64
const eventsPerBatch = 50

const span = event('Reading Span', {
  version: '1-0-0',
  properties: Type.Object({
    span_id: Type.String({ format: 'uuid' }),
    edition: Type.String({ minLength: 1 }),
    device: Type.String({ minLength: 1 }),
    from: Type.Integer({ minimum: 0 }),
    to: Type.Integer({ minimum: 0 }),
    t0: Type.Integer(),
    t1: Type.Integer(),
    device_seq: Type.Integer({ minimum: 0 }),
    mode: Type.Enum(['text', 'audio']),
  }),
})

const folder = mkdtempSync(join(tmpdir(), 'nacre-bench-'))
try {
  await using database = await openDatabase({})
  await migrate(database, migrations)
  const key = await createWriteKey(database, { name: 'bench' })
  await using log = await openSegmentLog({ folder: join(folder, 'log') })
  await using collector = createCollector({
    log,
    keys: createKeyRing(database),
    limits: { requestsPerSecond: Infinity },
  })
  const contract = compilePlan([eventManifest(span)]).find('track', span.name)!
  const body = JSON.stringify({
    batch: Array.from({ length: eventsPerBatch }, (_, index) => sample(index)),
    writeKey: key,
  })
  const script = join(folder, 'post.lua')
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = [==[${body}]==]\n`)

  const parseOnly = (check: (events: readonly { properties: unknown }[]) => boolean): RequestListener => {
    return (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { batch } = JSON.parse(Buffer.concat(chunks).toString()) as { batch: { properties: unknown }[] }
        response.writeHead(check(batch) ? 200 : 400, { 'content-length': 2 })
        response.end('{}')
      })
    }
  }
  const variants = {
    durable: collector.listener,
    validated: parseOnly((events) =>
      events.every(({ properties }) => contract.check(properties) === undefined),
    ),
    parsed: parseOnly((events) => events.length === eventsPerBatch),
  }
  const perCpuSecond: Record<keyof typeof variants, number[]> = { durable: [], validated: [], parsed: [] }
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, listener] of Object.entries(variants) as [keyof typeof variants, RequestListener][]) {
      const events = await measure(listener, script)
      if (round >= 0) perCpuSecond[name].push(events) // the first round warms up
    }
  }
  const ratios = (against: 'validated' | 'parsed'): number =>
    median(perCpuSecond.durable.map((events, round) => events / perCpuSecond[against][round]!))
  const { log: counters, refused } = collector.counters()
  console.log(
    JSON.stringify(
      {
        bodyBytes: body.length,
        eventsPerCpuSecond: Object.fromEntries(
          Object.entries(perCpuSecond).map(([name, values]) => [name, Math.round(median(values))]),
        ),
        durableToValidated: Number(ratios('validated').toFixed(2)),
        durableToParsed: Number(ratios('parsed').toFixed(2)),
        requestsPerSync: Math.round(counters.appended / counters.syncs),
        refused,
      },
      null,
      2,
    ),
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Events answered with 200 per second of this process's CPU time, threads of the file system included. */
async function measure(listener: RequestListener, script: string): Promise<number> {
  let answered = 0
  const server = createServer((request, response) => {
    response.once('finish', () => (answered += response.statusCode === 200 ? 1 : 0))
    return listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/batch`
  const before = process.cpuUsage()
  const wrk = spawn('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url], {
    stdio: 'ignore',
  })
  await once(wrk, 'exit').catch((cause: unknown) => {
    throw new Error('This bench needs wrk: apt-get install wrk', { cause })
  })
  const { user, system } = process.cpuUsage(before)
  server.closeAllConnections()
  server.close()
  return (answered * eventsPerBatch) / ((user + system) / 1e6)
}

/** About 690 bytes, as a phone sends it. */
function sample(index: number): object {
  return {
    type: 'track',
    event: span.name,
    messageId: `node-next-1767600000000-${crypto.randomUUID()}`,
    userId: `reader-${index}`,
    anonymousId: crypto.randomUUID(),
    timestamp: new Date(1_767_600_000_000 + index * 60_000).toISOString(),
    context: {
      library: { name: '@segment/analytics-node', version: '3.1.0' },
      app: { name: 'bookstore', version: '4.2.1' },
      device: { id: crypto.randomUUID(), model: 'phone' },
    },
    integrations: {},
    properties: {
      span_id: crypto.randomUUID(),
      edition: 'pride-and-prejudice-3f2a',
      device: crypto.randomUUID(),
      from: index * 1000,
      to: index * 1000 + 900,
      t0: 1_767_600_000_000 + index * 60_000,
      t1: 1_767_600_055_000 + index * 60_000,
      device_seq: index,
      mode: 'text',
    },
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!
}
