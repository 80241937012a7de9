import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { Clock } from '../../../src/base/index.ts'
import { createAttemptClient, type AttemptClient } from '../../../src/runner/index.ts'

/** A clock whose sleepers wake at once; the time moves as if they had slept. */
function fastClock(): Clock & { readonly slept: number[] } {
  let time = 0
  const slept: number[] = []
  return {
    slept,
    now: () => time,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      time += ms
      slept.push(ms)
    },
  }
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A platform that gives these answers, one after the other; the last one for ever. */
async function platform(...answers: readonly Answer[]): Promise<
  AsyncDisposable & {
    readonly client: AttemptClient
    readonly clock: ReturnType<typeof fastClock>
    readonly requests: { method: string; url: string; authorization: string; body: string }[]
  }
> {
  const requests: { method: string; url: string; authorization: string; body: string }[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', url = '', headers } = request
      requests.push({ method, url, authorization: headers.authorization ?? '', body })
      answers[Math.min(requests.length, answers.length) - 1]!(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const clock = fastClock()
  return {
    clock,
    requests,
    client: createAttemptClient(
      { url: `http://127.0.0.1:${port}`, attemptId: 'a1', token: 'secret' },
      { clock },
    ),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const json =
  (status: number, body: unknown): Answer =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const error = (status: number, code: string, message = 'No.'): Answer =>
  json(status, { error: { code, message } })
const breakOff: Answer = (request) => void request.socket.destroy()
const breakOffInside: Answer = (request, response) => {
  response.writeHead(200, { 'content-length': '100' })
  response.write('{"runId":', () => request.socket.destroy())
}
const { signal } = new AbortController()

test('every call names its attempt and carries its token', async () => {
  await using world = await platform(json(200, { cancel: null }))
  const { client, requests } = world
  await client.claim(signal)
  assert.deepEqual(await client.heartbeat(signal), { cancel: null })
  await client.logs([], signal)
  await client.complete({ changes: [] }, signal)
  await client.fail({ error: { code: 'NACRE_JOB_FAILED', message: 'No.' } }, signal)
  await client.bundle('abc', signal)
  assert.deepEqual(
    requests.map(({ method, url, body }) => [method, url, body]),
    [
      ['POST', '/api/v1/attempts/a1/claim', '{}'],
      ['POST', '/api/v1/attempts/a1/heartbeat', '{}'],
      ['POST', '/api/v1/attempts/a1/logs', '{"lines":[]}'],
      ['POST', '/api/v1/attempts/a1/complete', '{"changes":[]}'],
      ['POST', '/api/v1/attempts/a1/fail', '{"error":{"code":"NACRE_JOB_FAILED","message":"No."}}'],
      ['GET', '/api/v1/attempts/a1/bundle/abc', ''],
    ],
  )
  assert.ok(requests.every(({ authorization }) => authorization === 'Bearer secret'))
})

test('a bundle comes as the bytes it has', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
  await using world = await platform((_request, response) => void response.end(bytes))
  assert.deepEqual(Buffer.from(await world.client.bundle('abc', signal)), bytes)
})

for (const [what, answer] of [
  ['answers 503', error(503, 'NACRE_UNAVAILABLE')],
  ['answers 500', json(500, 'broken')],
  ['answers 429', error(429, 'NACRE_DISK_FULL')],
  ['breaks the connection', breakOff],
  ['breaks off its answer', breakOffInside],
] as const) {
  test(`while the platform ${what}, a call is tried again, more and more slowly`, async () => {
    await using world = await platform(answer, answer, answer, json(200, { runId: 'r1' }))
    const claimed = await world.client.claim(signal)
    assert.deepEqual(claimed, { runId: 'r1' })
    assert.deepEqual(world.clock.slept, [100, 200, 400])
  })
}

test('a platform that refuses connections is tried for a minute, then told to be away', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((closed) => server.close(closed))
  const clock = fastClock()
  const client = createAttemptClient(
    { url: `http://127.0.0.1:${port}`, attemptId: 'a1', token: 'secret' },
    { clock },
  )
  await assert.rejects(client.claim(signal), {
    code: 'NACRE_UNAVAILABLE',
    message: new RegExp(`The platform at http://127\\.0\\.0\\.1:${port} has not answered for 60 s: .+`),
  })
  assert.ok(clock.now() > 60_000 && clock.now() <= 65_000)
  assert.ok(clock.slept.every((ms) => ms <= 5000))
})

test('a platform that only answers 503 is given up after a minute, with its own words', async () => {
  await using world = await platform(error(503, 'NACRE_UNAVAILABLE', 'The database is away.'))
  await assert.rejects(world.client.heartbeat(signal), {
    code: 'NACRE_UNAVAILABLE',
    message: 'The database is away.',
  })
  assert.ok(world.clock.now() > 60_000)
})

for (const [status, code] of [
  [409, 'NACRE_STALE_ATTEMPT'],
  [409, 'NACRE_COMMIT_CONFLICT'],
  [400, 'NACRE_INPUT'],
  [401, 'NACRE_NOT_SIGNED_IN'],
  [403, 'NACRE_NOT_ALLOWED'],
  [413, 'NACRE_TOO_LARGE'],
] as const) {
  test(`a refusal (${status} ${code}) is final`, async () => {
    await using world = await platform(error(status, code, 'Because.'))
    await assert.rejects(world.client.complete({ changes: [] }, signal), { code, message: 'Because.' })
    assert.equal(world.requests.length, 1)
  })
}

test('a refusal that is not of the platform shows what was said', async () => {
  await using world = await platform(
    (_request, response) => void response.writeHead(404).end('<h1>nginx</h1>'),
  )
  await assert.rejects(world.client.claim(signal), {
    code: 'NACRE_UNAVAILABLE',
    message: 'The platform answered 404: <h1>nginx</h1>',
  })
})

test('an aborted call ends, on its way and between tries', async () => {
  const reason = new Error('no longer wanted')
  const abort = new AbortController()
  await using world = await platform(() => abort.abort(reason))
  await assert.rejects(world.client.claim(abort.signal), reason)

  const between = new AbortController()
  await using failing = await platform((_request, response) => {
    response.writeHead(503).end()
    between.abort(reason)
  })
  await assert.rejects(failing.client.claim(between.signal), reason)
  assert.equal(failing.requests.length, 1)
})
