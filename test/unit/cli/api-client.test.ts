import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { createApiClient, findApi } from '../../../src/cli/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => unknown,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    void buffer(request).then((body) => answer(request, response, body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** An event stream sent in these chunks, each its own packet; then it ends, or is broken off. */
async function streamOf(
  chunks: readonly Uint8Array[],
  { isBroken = false }: { isBroken?: boolean } = {},
): Promise<AsyncDisposable & { readonly url: string }> {
  return serve(async (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const chunk of chunks) await new Promise((sent) => response.write(chunk, sent))
    if (isBroken) request.socket.destroy()
    else response.end()
  })
}

async function received(url: string, signal: AbortSignal = AbortSignal.timeout(10_000)): Promise<unknown[]> {
  const events: unknown[] = []
  for await (const event of createApiClient(url, null).stream('live', signal)) events.push(event)
  return events
}

const sent = [
  { type: 'changed', data: { topic: 'runs', name: 'é – 🐚' } },
  { type: 'lines', data: { text: 'line\nfeed\r\rand \u2028 and \u2029 and event: fake\ndata: 7' } },
  { type: 'end', data: [] },
]
const text = `: open\n\n${sent.map(({ type, data }) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n: still here\n\n`).join('')}`

for (const size of [1, 2, 3, 7, 1000]) {
  test(`an event stream is understood in chunks of ${size} bytes, which cut characters and lines anywhere`, async () => {
    const bytes = Buffer.from(text)
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    )
    await using server = await streamOf(chunks)
    assert.deepEqual(await received(server.url), sent)
  })
}

test('an event that was not ended is not told', async () => {
  await using server = await streamOf([Buffer.from('event: a\ndata: 1\n\nevent: b\ndata: 2\n')])
  assert.deepEqual(await received(server.url), [{ type: 'a', data: 1 }])
})

test('a stream that breaks is an error that says so', async () => {
  await using server = await streamOf([Buffer.from('event: a\ndata: 1\n\n')], { isBroken: true })
  await assert.rejects(received(server.url), { code: 'NACRE_UNAVAILABLE', message: /does not answer/ })
})

test('a stream that nobody wants any more just ends', async () => {
  const abort = new AbortController()
  await using server = await serve((_request, response) => {
    response.writeHead(200).write('event: a\ndata: 1\n\n')
  })
  const events: unknown[] = []
  for await (const event of createApiClient(server.url, null).stream('live', abort.signal)) {
    events.push(event)
    abort.abort()
  }
  assert.deepEqual(events, [{ type: 'a', data: 1 }])
})

test('leaving the loop closes the connection', async () => {
  const closed = Promise.withResolvers<void>()
  await using server = await serve((request, response) => {
    request.socket.once('close', () => closed.resolve())
    response.writeHead(200).write('event: a\ndata: 1\n\n')
  })
  for await (const { type } of createApiClient(server.url, null).stream('live', new AbortController().signal))
    if (type === 'a') break
  await closed.promise
})

test('requests carry the token, and bodies as what they are', async () => {
  const seen: unknown[] = []
  await using server = await serve((request, response, body) => {
    seen.push([
      request.method,
      request.url,
      request.headers.authorization,
      request.headers['content-type'],
      body.toString(),
    ])
    response.end('{"ok":true}')
  })
  const client = createApiClient(`${server.url}/`, 'secret')
  assert.equal(client.url, server.url)
  assert.deepEqual(await client.get('jobs'), { ok: true })
  await client.send('POST', 'sql', { sql: 'select 1' })
  await client.send('PUT', 'apps/shop', Buffer.from('bytes'))
  await client.send('DELETE', 'tokens/ann')
  await createApiClient(server.url, null).get('session')
  assert.deepEqual(seen, [
    ['GET', '/api/v1/jobs', 'Bearer secret', undefined, ''],
    ['POST', '/api/v1/sql', 'Bearer secret', 'application/json', '{"sql":"select 1"}'],
    ['PUT', '/api/v1/apps/shop', 'Bearer secret', 'application/gzip', 'bytes'],
    ['DELETE', '/api/v1/tokens/ann', 'Bearer secret', undefined, ''],
    ['GET', '/api/v1/session', undefined, undefined, ''],
  ])
})

test("the server's errors come as they are", async () => {
  await using server = await serve((_request, response) =>
    response
      .writeHead(404)
      .end('{"error":{"code":"NACRE_NOT_FOUND","message":"No table a.b.","details":{"table":"a.b"}}}'),
  )
  await assert.rejects(createApiClient(server.url, null).get('tables/a.b'), {
    code: 'NACRE_NOT_FOUND',
    message: 'No table a.b.',
    details: { table: 'a.b' },
    exit: 3,
  })
})

for (const answer of ['<h1>Bad gateway</h1>', '{"message":"no route"}', '{"error":"no"}', 'null', '']) {
  test(`an error that is not of Nacre is shown: ${answer}`, async () => {
    await using server = await serve((_request, response) => response.writeHead(502).end(answer))
    await assert.rejects(createApiClient(server.url, null).get('jobs'), {
      code: 'NACRE_UNAVAILABLE',
      message: `${server.url} answered 502, not as Nacre does: ${answer}`,
    })
  })
}

test('where nothing listens, the error says how to start it', async () => {
  const gone = await serve(() => undefined)
  await gone[Symbol.asyncDispose]()
  await assert.rejects(createApiClient(gone.url, null).get('jobs'), {
    code: 'NACRE_UNAVAILABLE',
    message: new RegExp(`^Nacre at ${gone.url} does not answer \\(.+\\)\\. Start it with 'nacre up'\\.$`),
  })
})

test('a running platform is found by the files of its state folder', async () => {
  await using folder = tempFolder()
  let authorization: string | undefined
  await using server = await serve((request, response) => {
    ;({ authorization } = request.headers)
    response.end('{}')
  })
  await writeFile(
    join(folder.path, 'server.json'),
    JSON.stringify({ pid: 1, apiUrl: server.url, collectorUrl: '' }),
  )
  await writeFile(join(folder.path, 'admin-token'), 'from-file\n')
  await (await findApi(folder.path, {})).get('jobs')
  assert.equal(authorization, 'Bearer from-file')
  await (await findApi(folder.path, { NACRE_TOKEN: 'given', NACRE_URL: '' })).get('jobs')
  assert.equal(authorization, 'Bearer given')
  const elsewhere = await findApi(folder.path, { NACRE_URL: 'https://nacre.example/', NACRE_TOKEN: 'x' })
  assert.equal(elsewhere.url, 'https://nacre.example')
})

test('without a running platform the error names the folder and the ways out', async () => {
  await using folder = tempFolder()
  await assert.rejects(findApi(folder.path, {}), {
    code: 'NACRE_UNAVAILABLE',
    message: `Nothing runs on ${folder.path}. Start it with 'nacre up', or set NACRE_URL and NACRE_TOKEN to reach another one.`,
  })
  await mkdir(join(folder.path, 'server.json'))
  await assert.rejects(findApi(folder.path, {}), { code: 'EISDIR' })
})
