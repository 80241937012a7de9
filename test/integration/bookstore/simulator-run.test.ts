import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { countUploads, simulate } from '../../../examples/bookstore/simulator/simulate.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const entry = fileURLToPath(new URL('../../../examples/bookstore/simulator/run.ts', import.meta.url))
const end = '2026-06-01T12:00:00Z'

interface Collector extends AsyncDisposable {
  readonly url: string
  /** Ids of all events that came, repeats included. */
  readonly ids: readonly string[]
  /** Called at each request. */
  onRequest: () => void
}

async function startCollector(): Promise<Collector> {
  const ids: string[] = []
  const server = createServer((request, response) => {
    collector.onRequest()
    void text(request).then((body) => {
      const { batch } = JSON.parse(body) as { batch: { messageId: string }[] }
      ids.push(...batch.map(({ messageId }) => messageId))
      response.end('{"success":true}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ids,
    onRequest: () => undefined,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
  return collector
}

function startRun(collector: Collector, state: string, until: string = end): ReturnType<typeof spawn> {
  const size = ['--readers', '40', '--days', '20', '--seed', '5', '--end', until]
  const flags = ['--collector', collector.url, '--write-key', 'key', '--state', state, '--json', ...size]
  return spawn(process.execPath, [entry, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function finish(child: ReturnType<typeof spawn>): Promise<{ code: number; out: string }> {
  const [out, [code]] = await Promise.all([text(child.stdout!), once(child, 'exit') as Promise<[number]>])
  return { code, out }
}

test('a simulation that is stopped goes on where it was, and never sends the past twice', async () => {
  await using folder = tempFolder()
  await using collector = await startCollector()
  const state = join(folder.path, 'simulator.json')

  const first = startRun(collector, state)
  let requests = 0
  collector.onRequest = () => void (++requests === 40 && first.kill('SIGTERM'))
  assert.equal((await finish(first)).code, 130)
  const before = collector.ids.length
  assert.ok(before > 0)

  const second = await finish(startRun(collector, state))
  assert.equal(second.code, 0)
  const startMs = Date.parse(end) - 20 * 86_400_000
  const whole = countUploads(simulate({ seed: 5, readers: 40, days: 20, startMs }, Date.parse(end)))
  assert.equal(new Set(collector.ids).size, whole.distinct)
  const { totals, traffic } = JSON.parse(second.out) as {
    totals: { distinct: number; calls: number }
    traffic: { duplicates: number }
  }
  assert.ok(totals.distinct < whole.distinct)
  assert.equal(collector.ids.length - before, totals.calls + traffic.duplicates)

  const third = await finish(startRun(collector, state))
  assert.equal((JSON.parse(third.out) as { totals: { calls: number } }).totals.calls, 0)
})

test('a wrong flag is told with its value', async () => {
  await using folder = tempFolder()
  await using collector = await startCollector()
  const child = startRun(collector, join(folder.path, 'state.json'), 'yesterday')
  const [said, { code }] = await Promise.all([text(child.stderr!), finish(child)])
  assert.equal(code, 1)
  assert.match(said, /--end 'yesterday' is not a time/)
})
