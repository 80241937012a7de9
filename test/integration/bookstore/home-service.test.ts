import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import type { Notification } from 'nacre/consume'
import { encodeAvro } from '../../../src/avro/index.ts'
import { signatureHeader } from '../../../src/publish/webhook/signature.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const secret = 'a shared secret'
const token = 'a token that may read'
const entry = fileURLToPath(new URL('../../../examples/bookstore/services/home/server.ts', import.meta.url))

/** The service as a process of its own. */
async function startHome(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [entry], {
    env: {
      PATH: process.env['PATH'],
      HOME_FOLDER: folder,
      HOME_PORT: '0',
      HOME_SECRET: secret,
      HOME_TOKEN: token,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    url: /http:\S+[0-9]/.exec(line)![0],
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

/** A stand-in for Nacre's export files. */
async function startExports(): Promise<
  AsyncDisposable & { publish(table: string, sequence: number, rows: readonly object[]): Notification }
> {
  const files = new Map<string, Uint8Array>()
  const server = createServer((request, response) => {
    const file = files.get(request.url!)
    if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end()
    else if (file === undefined) response.writeHead(404).end()
    else response.end(file)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    publish(table, sequence, rows) {
      const fields = Object.entries(rows[0]!).map(([name, value]) => ({
        name,
        type: typeof value === 'string' ? 'string' : 'double',
      }))
      const schema = { type: 'record', name: 'row', fields }
      const file = encodeAvro(rows, { schema })
      const path = `/${table}/${sequence}.avro`
      files.set(path, file)
      const sha256 = createHash('sha256').update(file).digest('hex')
      return {
        specversion: '1.0',
        id: `uuid-of-${table}:${sequence}`,
        source: url,
        type: 'nacre.dataset.ready.v1',
        subject: table,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        data: {
          table,
          tableUuid: `uuid-of-${table}`,
          snapshotId: String(sequence),
          sequenceNumber: sequence,
          publication: sequence,
          committedAt: new Date().toISOString(),
          schemaVersion: '1.0',
          schemaFingerprint: '',
          schemaUrl: `${url}/contract/1.0`,
          content: 'full',
          since: null,
          partitions: null,
          codec: 'deflate',
          rows: rows.length,
          sizeBytes: file.length,
          parts: [{ name: 'part', url: url + path, rows: rows.length, sizeBytes: file.length, sha256 }],
          manifestUrl: `${url}/manifest.json`,
          catalog: { uri: `${url}/iceberg`, table, snapshotId: String(sequence) },
        },
      }
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function announce(home: string, notification: Notification, key: string = secret): Promise<number> {
  const body = JSON.stringify(notification)
  const response = await fetch(`${home}/ready`, {
    method: 'POST',
    headers: { 'nacre-signature': signatureHeader(body, [key], Math.floor(Date.now() / 1000)) },
    body,
  })
  await response.arrayBuffer()
  return response.status
}

async function getHome(home: string, reader: string): Promise<unknown> {
  return await (await fetch(`${home}/home/${reader}`)).json()
}

const shelfRow = (title: string, shelf_rank: number): object => ({
  reader: 'r0001',
  shelf: shelf_rank === 1 ? 'Continue reading' : 'Because you read',
  shelf_rank,
  rank: 1,
  edition: title.toLowerCase(),
  title,
  author: 'Jane <Austen>',
  reason: 'because',
})

test('Home shows the newest snapshot, refuses forged and ignores old ones, and outlives a restart', async () => {
  await using folder = tempFolder()
  await using exports = await startExports()
  let home = await startHome(folder.path)
  try {
    assert.deepEqual(await getHome(home.url, 'r0001'), { reader: 'r0001', shelves: [] })

    const first = exports.publish('recommend.home_shelf', 1, [shelfRow('Persuasion', 2)])
    const second = exports.publish('recommend.home_shelf', 2, [
      shelfRow('Persuasion', 2),
      shelfRow('Emma', 1),
    ])
    const progress = exports.publish('reading.progress', 1, [
      { reader: 'r0001', edition: 'emma', percent: 41.6 },
    ])
    assert.equal(await announce(home.url, second, 'another secret'), 403)
    assert.deepEqual(await getHome(home.url, 'r0001'), { reader: 'r0001', shelves: [] })

    for (const notification of [second, progress, first, second]) {
      assert.equal(await announce(home.url, notification), 204)
    }
    const book = { author: 'Jane <Austen>', reason: 'because' }
    const expected = {
      reader: 'r0001',
      shelves: [
        { title: 'Continue reading', books: [{ edition: 'emma', title: 'Emma', ...book, percent: 41.6 }] },
        {
          title: 'Because you read',
          books: [{ edition: 'persuasion', title: 'Persuasion', ...book, percent: null }],
        },
      ],
    }
    assert.deepEqual(await getHome(home.url, 'r0001'), expected)
    assert.equal((await fetch(`${home.url}/home/r0002`)).status, 404)

    const page = await (await fetch(`${home.url}/home/r0001`, { headers: { accept: 'text/html' } })).text()
    assert.match(page, />Emma<\/cite>[^]*Jane &lt;Austen&gt;/)
    assert.doesNotMatch(page, /<Austen>/)

    await home.stop()
    await exports[Symbol.asyncDispose]()
    home = await startHome(folder.path)
    assert.deepEqual(await getHome(home.url, 'r0001'), expected)
  } finally {
    await home.stop()
  }
})

test('an export that cannot be fetched is asked for again; one that is gone is not', async () => {
  await using folder = tempFolder()
  await using exports = await startExports()
  const home = await startHome(folder.path)
  try {
    const notification = exports.publish('recommend.home_shelf', 1, [shelfRow('Emma', 1)])
    const part = notification.data.parts[0]!
    const withPart = (changed: object): Notification => ({
      ...notification,
      data: { ...notification.data, parts: [{ ...part, ...changed }] },
    })
    assert.equal(await announce(home.url, withPart({ sha256: '0'.repeat(64) })), 500)
    assert.equal(await announce(home.url, withPart({ url: part.url.replace('1.avro', 'gone.avro') })), 204)
    assert.deepEqual(await getHome(home.url, 'r0001'), { reader: 'r0001', shelves: [] })
    assert.equal(await announce(home.url, notification), 204)
    assert.notDeepEqual(await getHome(home.url, 'r0001'), { reader: 'r0001', shelves: [] })
  } finally {
    await home.stop()
  }
})
