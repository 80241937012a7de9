import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import type { Notification } from '../../src/publish/index.ts'
import { eventually, startReceiver } from '../support/feed-world.ts'
import { tempFolder } from '../support/temp-folder.ts'

const last = 60

test('a publisher that is killed again and again announces every committed snapshot', async () => {
  await using folder = tempFolder()
  await using receiver = await startReceiver()
  const arrived = (): string[] =>
    receiver.requests.map(({ body }) => (JSON.parse(body) as Notification).data.snapshotId)
  let committed = 0
  // Where each of the lives ends: behind so many more commits, at whatever is done then.
  for (const commits of [1, 7, 2, 15, last]) {
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, '../support/publish-process.ts'),
        folder.path,
        receiver.url,
        String(committed + 1),
        String(last),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const ended = once(child, 'exit')
    const until = Math.min(last, committed + commits)
    for await (const line of createInterface(child.stdout)) {
      committed = Number(line.replace('committed ', ''))
      if (committed >= until) break
    }
    if (until === last) {
      await eventually(() => arrived().at(-1) === String(last), 'the last snapshot has arrived')
    }
    child.kill('SIGKILL')
    await ended
  }
  const all = Array.from({ length: last }, (_, index) => String(index + 1))
  assert.deepEqual([...new Set(arrived())], all, 'each arrived, first in order')
  const ids = new Set(receiver.requests.map(({ headers }) => headers['nacre-message-id']))
  assert.equal(ids.size, last, 'a repetition carries the same id')
  const exports = await readdir(join(folder.path, 'feeds', 'home.shelves'))
  assert.ok(!exports.some((name) => name.endsWith('.staged')))
})
