import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../../../src/database/index.ts'
import { openEventWorld } from '../../support/event-world.ts'
import { freePort } from '../../support/postgres-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const rounds = 6

/** Starts the server; resolves with its write key once it listens. */
async function startServer(folder: string, port: number): Promise<{ child: ChildProcess; key: string }> {
  const script = fileURLToPath(new URL('../../support/event-server.ts', import.meta.url))
  const { NACRE_TEST_POSTGRES_URL: _url, ...env } = process.env
  const child = spawn(process.execPath, [script, folder, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  })
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(([code]) => assert.fail(`the server ended with ${code}`)),
  ])) as [string]
  return { child, key: line.replace('ready ', '') }
}

/** Sends batches of five until it is stopped; each until it is acknowledged, as SDKs do. Every fifth event breaks its contract. */
async function sendEvents(
  client: number,
  url: string,
  key: string,
  stop: AbortSignal,
  acked: Set<string>,
): Promise<void> {
  for (let batch = 0; !stop.aborted; batch += 1) {
    const items = Array.from({ length: 5 }, (_, index) => ({
      type: 'track',
      event: 'Book Opened',
      userId: `u${client}`,
      messageId: `${client}-${batch}-${index}`,
      properties: { edition: 'e', page: index === 4 ? -1 : batch },
    }))
    const body = JSON.stringify({ batch: items, writeKey: key })
    for (;;) {
      const response = await fetch(`${url}/v1/batch`, { method: 'POST', body }).catch(() => undefined)
      if (response?.status === 200) break
      await sleep(20)
    }
    for (const { messageId } of items) acked.add(messageId)
  }
}

test('every acknowledged event lands exactly once, however often the process is killed', async () => {
  await using folder = tempFolder()
  const port = await freePort()
  const acked = new Set<string>()
  const stop = new AbortController()
  const delays = Array.from({ length: rounds }, () => Math.round(Math.random() * 600))
  let clients: Promise<void>[] | undefined
  for (const delay of [...delays, 0]) {
    const { child, key } = await startServer(folder.path, port)
    clients ??= [1, 2, 3].map((client) =>
      sendEvents(client, `http://127.0.0.1:${port}`, key, stop.signal, acked),
    )
    if (delay === 0) {
      stop.abort()
      await Promise.all(clients)
    }
    await sleep(delay)
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await using database = await openDatabase({ folder: join(folder.path, 'state') })
  await using world = await openEventWorld(folder.path, database)
  await world.decoder.catchUp()
  const landed = await world.rows<{ message_id: string }>('events.book_opened')
  const rejected = await world.rows<{ message_id: string }>('events.rejected')
  const ids = [...landed, ...rejected].map(({ message_id }) => message_id)
  assert.deepEqual(ids.toSorted(), [...acked].toSorted(), `killed after ${delays.join(', ')} ms`)
  assert.equal(rejected.length, acked.size / 5)
  assert.ok(acked.size > 100)
  const { landed: landedCount, rejected: rejectedCount } = world.decoder.summary()
  assert.deepEqual([landedCount, rejectedCount], [landed.length, rejected.length])
})
