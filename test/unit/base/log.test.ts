import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLog, silentLog } from '../../../src/base/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a log writes one JSON object per line, of its level and above', async () => {
  await using folder = tempFolder()
  const destination = join(folder.path, 'logs/nacre.log')
  const log = createLog({ level: 'warn', destination }).child({ area: 'test' })
  log.info({}, 'not told')
  log.warn({ err: new Error('why') }, 'told\nin two lines')
  const lines = (await readFile(destination, 'utf8')).trimEnd().split('\n')
  assert.equal(lines.length, 1)
  const line = JSON.parse(lines[0]!) as { area: string; msg: string; time: string; err: { message: string } }
  assert.deepEqual([line.area, line.msg, line.err.message], ['test', 'told\nin two lines', 'why'])
  assert.ok(!Number.isNaN(Date.parse(line.time)))
})

test('a silent log and its children say nothing', () => {
  assert.equal(silentLog.child({ a: 1 }), silentLog)
  silentLog.error({}, 'unheard')
})
