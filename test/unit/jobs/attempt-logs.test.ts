import assert from 'node:assert/strict'
import { appendFile, glob } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openAttemptLogs, type LogLine } from '../../../src/jobs/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const line = (seq: number, message = `line ${seq}`): LogLine => ({
  seq,
  at: '2026-01-01T00:00:00.000Z',
  stream: 'log',
  level: 'info',
  message,
})

test('lines are kept once, in order, whatever is sent again', async () => {
  await using folder = tempFolder()
  const logs = openAttemptLogs(folder.path)
  assert.deepEqual(await logs.read('a-1'), [])
  assert.equal(await logs.append('a-1', [line(0), line(1)]), 2)
  assert.equal(await logs.append('a-1', [line(0), line(1), line(2)]), 3)
  await assert.rejects(logs.append('a-1', [line(4)]), {
    code: 'NACRE_INPUT',
    message: /next seq wanted is 3/,
  })
  await Promise.all([
    logs.append('a-1', [line(3)]),
    logs.append('a-1', [line(3)]),
    logs.append('b-1', [line(0)]),
  ])
  await logs.add('a-1', { ...line(0, 'from the platform'), stream: 'runner' })
  assert.deepEqual(
    (await logs.read('a-1')).map(({ seq, message }) => [seq, message]),
    [
      [0, 'line 0'],
      [1, 'line 1'],
      [2, 'line 2'],
      [3, 'line 3'],
      [4, 'from the platform'],
    ],
  )
  assert.deepEqual(
    (await logs.read('a-1', { from: 2, limit: 2 })).map(({ seq }) => seq),
    [2, 3],
  )
})

test('a restart goes on where whole lines end', async () => {
  await using folder = tempFolder()
  await openAttemptLogs(folder.path).append('a-1', [line(0), line(1)])
  const [path] = await Array.fromAsync(glob('**/*.ndjson', { cwd: folder.path }))
  await appendFile(join(folder.path, path!), '{"seq":2,"mess')
  const logs = openAttemptLogs(folder.path)
  assert.equal((await logs.read('a-1')).length, 2)
  assert.equal(await logs.append('a-1', [line(1), line(2)]), 3)
  assert.deepEqual(
    (await logs.read('a-1')).map(({ message }) => message),
    ['line 0', 'line 1', 'line 2'],
  )
})

test('what exceeds the limit is dropped, and a last line says so', async () => {
  await using folder = tempFolder()
  const logs = openAttemptLogs(folder.path, { maxBytes: 1000 })
  const many = Array.from({ length: 30 }, (_, seq) => line(seq))
  assert.equal(await logs.append('a-1', many), 30)
  assert.equal(await openAttemptLogs(folder.path, { maxBytes: 1000 }).append('a-1', [line(30)]), 31)
  const kept = await logs.read('a-1')
  assert.match(kept.at(-1)!.message, /limit of 1000 bytes/)
  assert.deepEqual(
    kept.map(({ seq }) => seq),
    kept.map((_, index) => index),
  )
})

test('an id cannot leave the folder', async () => {
  await using folder = tempFolder()
  await assert.rejects(openAttemptLogs(folder.path).read('../../secret'), { code: 'NACRE_INPUT' })
})
