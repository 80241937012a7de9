import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Analytics } from '@segment/analytics-node'
import {
  createCollector,
  createWriteKey,
  openSegmentLog,
  revokeWriteKey,
  type Collector,
  type CollectorLimits,
  type SegmentLog,
} from '../../../src/events/index.ts'
import { createKeyRing } from '../../../src/events/write-keys.ts'
import { migrations } from '../../../src/events/migrations.ts'
import { NacreError } from '../../../src/base/index.ts'
import { databases } from '../../support/databases.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const database = await databases[0]!.open(migrations)
after(() => database[Symbol.asyncDispose]())
const key = await createWriteKey(database, { name: 'web' })
const revokedKey = await createWriteKey(database, { name: 'old-web' })
await revokeWriteKey(database, 'old-web')

interface World extends AsyncDisposable {
  readonly collector: Collector
  readonly log: SegmentLog
  readonly url: string
  post(path: string, body: string | Buffer, headers?: Record<string, string>): Promise<Response>
  /** Bodies in the log, with the key's name. */
  logged(): Promise<{ writeKey: string | null; route: string; body: string }[]>
}

/** `log` with some members replaced. */
function overlay(log: SegmentLog, members: Partial<SegmentLog>): SegmentLog {
  return {
    id: log.id,
    arrivals: log.arrivals,
    start: log.start,
    end: log.end,
    pendingBytes: 0,
    append: (request) => log.append(request),
    read: (from, options) => log.read(from, options),
    bytesAfter: (position) => log.bytesAfter(position),
    removeConsumed: (consumed, before) => log.removeConsumed(consumed, before),
    counters: () => log.counters(),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
    ...members,
  }
}

async function openWorld(
  limits: Partial<CollectorLimits> = {},
  members: Partial<SegmentLog> = {},
): Promise<World> {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(tempFolder())
  const log = stack.use(await openSegmentLog({ folder: folder.path }))
  const collector = stack.use(
    createCollector({
      log: overlay(log, members),
      keys: createKeyRing(database),
      limits,
      credentialOrigins: ['https://shop.example'],
    }),
  )
  const { port } = await collector.listen({ port: 0 })
  const url = `http://127.0.0.1:${port}`
  return {
    collector,
    log,
    url,
    post: (path, body, headers = {}) => fetch(url + path, { method: 'POST', body, headers }),
    async logged() {
      const { entries } = await log.read(log.start, { maxBytes: 1e8 })
      return entries.map(({ meta: { writeKey, route }, body }) => ({
        writeKey,
        route,
        body: body.toString(),
      }))
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const basic = (key: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
})
const one = JSON.stringify({ userId: 'u1', event: 'Book Opened', properties: {} })

describe('collector', () => {
  test('the stock Segment client is acknowledged once its events are in the log', async () => {
    await using world = await openWorld()
    const analytics = new Analytics({ writeKey: key, host: world.url, flushAt: 7, flushInterval: 50 })
    const failures: unknown[] = []
    analytics.on('error', (failure) => failures.push(failure))
    for (let index = 0; index < 20; index += 1) {
      analytics.track({ userId: `u${index}`, event: 'Book Opened', properties: { index } })
    }
    analytics.identify({ userId: 'u1', traits: { plan: 'trial' } })
    await analytics.closeAndFlush()
    assert.deepEqual(failures, [])
    const logged = await world.logged()
    const events = logged.flatMap(
      ({ body }) => (JSON.parse(body) as { batch: { messageId: string }[] }).batch,
    )
    assert.equal(new Set(events.map(({ messageId }) => messageId)).size, 21)
    assert.ok(logged.every(({ writeKey, route }) => writeKey === 'web' && route === 'batch'))
    assert.equal(world.collector.counters().events, 21)
  })

  test('every route is known in its long and short form', async () => {
    await using world = await openWorld()
    const single = ['track', 'identify', 'page', 'screen', 'group', 'alias']
    for (const type of single) {
      for (const path of [type, type[0]]) {
        const response = await world.post(`/v1/${path}`, one, {
          ...basic(key),
          'content-type': 'text/plain',
        })
        assert.equal(response.status, 200)
        assert.deepEqual(await response.json(), { success: true })
      }
    }
    for (const path of ['batch', 'b', 'import']) {
      assert.equal((await world.post(`/v1/${path}`, `{"batch":[${one}]}`, basic(key))).status, 200)
    }
    const routes = (await world.logged()).map(({ route }) => route)
    assert.deepEqual(routes, [...single.flatMap((type) => [type, type]), 'batch', 'batch', 'batch'])
  })

  test('the key is found wherever an SDK puts it', async () => {
    await using world = await openWorld()
    const bare = { authorization: `Basic ${Buffer.from(key).toString('base64')}` }
    const inBody = JSON.stringify({ ...JSON.parse(one), writeKey: key })
    const sent = await Promise.all([
      world.post('/v1/track', one, basic(key)),
      world.post('/v1/track', one, bare),
      world.post('/v1/track', inBody),
      world.post('/v1/track', inBody, { authorization: 'Bearer some.token' }),
      world.post('/v1/batch', `{"batch":[${inBody}]}`),
      world.post('/v1/track', one, { 'x-write-key': key }),
      world.post(`/v1/track?writeKey=${key}`, one),
    ])
    assert.deepEqual(
      sent.map(({ status }) => status),
      sent.map(() => 200),
    )
  })

  test('gzip is understood whatever the headers say, and kept as it came', async () => {
    await using world = await openWorld()
    const body = gzipSync(`{"batch":[${one},${one}]}`)
    const form = { ...basic(key), 'content-type': 'application/x-www-form-urlencoded' }
    assert.equal((await world.post('/v1/batch', body, form)).status, 200)
    assert.equal((await world.post('/v1/batch', body, { ...form, 'content-encoding': 'gzip' })).status, 200)
    assert.equal((await world.post('/v1/track', one, { ...form, 'content-encoding': 'gzip' })).status, 200)
    const { entries } = await world.log.read(world.log.start, { maxBytes: 1e6 })
    assert.deepEqual(entries[0]?.body, body)
    assert.equal(world.collector.counters().events, 5)
  })

  const malformed: Record<string, [string, string | Buffer, RegExp]> = {
    'broken JSON': ['/v1/batch', '{"batch":[{]}', /not JSON: .*Send \{"batch"/],
    'no JSON': ['/v1/track', 'hello', /not JSON: .*Send one event/],
    'an empty body': ['/v1/track', '', /not JSON/],
    'an array': ['/v1/batch', '[]', /not a JSON object/],
    'a batch without events': ['/v1/batch', '{}', /no array 'batch'/],
    'broken gzip': ['/v1/batch', gzipSync('{"batch":[]}').subarray(0, 20), /broken gzip/],
    'a gzip bomb': ['/v1/batch', gzipSync(Buffer.alloc(100_000_000)), /inflated body is larger than 4194304/],
    'a body over the cap': ['/v1/batch', 'x'.repeat(4_200_000), /larger than 4194304 bytes. Send fewer/],
  }
  for (const [what, [path, body, message]] of Object.entries(malformed)) {
    test(`${what} is answered 400, with what to do`, async () => {
      await using world = await openWorld()
      const response = await world.post(path, body, basic(key))
      assert.equal(response.status, 400)
      const answer = (await response.json()) as { success: boolean; error: { message: string } }
      assert.equal(answer.success, false)
      assert.match(answer.error.message, message)
      assert.deepEqual(await world.logged(), [])
      assert.equal((await world.post('/v1/track', one, basic(key))).status, 200)
    })
  }

  test('a body over the cap is refused also when its length is not announced', async () => {
    await using world = await openWorld({ bodyBytes: 1000 })
    const chunks = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(600))
        if ((sent += 600) > 6000) controller.close()
      },
    })
    let sent = 0
    const response = await fetch(`${world.url}/v1/batch`, {
      method: 'POST',
      body: chunks,
      duplex: 'half',
    } as RequestInit)
    assert.equal(response.status, 400)
  })

  test('no key or a mistyped one is answered 401', async () => {
    await using world = await openWorld()
    assert.equal((await world.post('/v1/track', one)).status, 401)
    const response = await world.post('/v1/track', one, basic(`${key.slice(0, -1)}x`))
    assert.equal(response.status, 401)
    assert.match(await response.text(), /'wk_web_.*…' is not a write key: its form or its checksum is wrong/)
    assert.deepEqual(await world.logged(), [])
  })

  test('events of a revoked or unknown key are kept in quarantine, up to a cap', async () => {
    await using world = await openWorld({ quarantineBytesPerAddress: one.length * 2 })
    const send = (): Promise<Response> => world.post('/v1/track', one, basic(revokedKey))
    assert.equal((await send()).status, 200)
    assert.equal((await send()).status, 200)
    const refused = await send()
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '300')
    assert.deepEqual(await world.logged(), [
      { writeKey: null, route: 'track', body: one },
      { writeKey: null, route: 'track', body: one },
    ])
    assert.equal(world.collector.counters().quarantined, 2)
  })

  test('a key that sends too fast, a slow disk, a full disk and draining are answered 429 with Retry-After', async () => {
    const full = new NacreError('NACRE_DISK_FULL', 'The disk is full.')
    const cases: [Partial<CollectorLimits>, Partial<SegmentLog>, boolean, string][] = [
      [{ requestsPerSecond: 0 }, {}, false, '1'],
      [{}, { pendingBytes: 40_000_000 }, false, '2'],
      [{}, { append: () => Promise.reject(full) }, false, '30'],
      [{}, {}, true, '300'],
    ]
    for (const [limits, log, drains, retryAfter] of cases) {
      await using world = await openWorld(limits, log)
      if (drains) world.collector.drain()
      const response = await world.post('/v1/track', one, basic(key))
      assert.equal(response.status, 429)
      assert.equal(response.headers.get('retry-after'), retryAfter)
      assert.equal(response.headers.get('x-ratelimit-reset'), retryAfter)
      assert.deepEqual(await world.logged(), [])
    }
  })

  test('a log that failed is answered 503', async () => {
    const append = (): Promise<void> => Promise.reject(new NacreError('NACRE_UNAVAILABLE', 'Failed.'))
    await using world = await openWorld({}, { append })
    assert.equal((await world.post('/v1/track', one, basic(key))).status, 503)
    assert.deepEqual(world.collector.counters().refused, { 503: 1 })
  })

  test('pages of other origins may send', async () => {
    await using world = await openWorld()
    const preflight = await fetch(`${world.url}/v1/t`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-retry-count',
      },
    })
    assert.equal(preflight.status, 204)
    const allowed = preflight.headers.get('access-control-allow-headers')!.split(', ')
    assert.ok(['authorization', 'content-type', 'x-retry-count'].every((name) => allowed.includes(name)))
    assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://shop.example')
    assert.equal(preflight.headers.get('access-control-allow-credentials'), 'true')
    const response = await world.post('/v1/t', one, { ...basic(key), origin: 'https://other.example' })
    assert.equal(response.headers.get('access-control-allow-origin'), 'https://other.example')
    assert.equal(response.headers.get('access-control-allow-credentials'), null)
    assert.equal(response.headers.get('access-control-expose-headers'), 'Retry-After')
    assert.equal(response.headers.get('vary'), 'Origin')
  })

  test('another path or method is answered 404 with the routes', async () => {
    await using world = await openWorld()
    const response = await world.post('/v2/track', one)
    assert.equal(response.status, 404)
    assert.match(await response.text(), /Nothing answers POST \/v2\/track.*\/v1\/batch/)
    assert.equal((await fetch(`${world.url}/v1/track`)).status, 404)
  })

  test('a client that goes away while sending leaves no trace', async () => {
    await using world = await openWorld()
    const controller = new AbortController()
    const body = new ReadableStream({
      pull: (stream) => {
        stream.enqueue(new Uint8Array(10))
        controller.abort()
      },
    })
    const { signal } = controller
    await assert.rejects(
      fetch(`${world.url}/v1/track`, { method: 'POST', body, duplex: 'half', signal } as RequestInit),
    )
    assert.equal((await world.post('/v1/track', one, basic(key))).status, 200)
    assert.deepEqual(world.collector.counters().refused, {})
  })
})
