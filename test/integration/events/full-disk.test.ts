import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCollector, createWriteKey, createKeyRing, openSegmentLog } from '../../../src/events/index.ts'
import { migrations } from '../../../src/events/migrations.ts'
import { databases } from '../../support/databases.ts'
import { mountSmallDisk } from '../../support/small-disk.ts'

test('a full disk is answered 429; what was acknowledged is there, and sending works again with space', async (context) => {
  const disk = await mountSmallDisk(1024 ** 2)
  if (typeof disk === 'string') return context.skip(disk)
  await using _disk = disk
  await using database = await databases[0]!.open(migrations)
  const key = await createWriteKey(database, { name: 'web' })
  const ballast = join(disk.path, 'ballast')
  await writeFile(ballast, Buffer.alloc(500_000))
  const acked: string[] = []
  {
    await using log = await openSegmentLog({ folder: join(disk.path, 'log'), segmentBytes: 100_000 })
    await using collector = createCollector({ log, keys: createKeyRing(database) })
    const { port } = await collector.listen({ port: 0 })
    const send = async (messageId: string): Promise<Response> => {
      const body = JSON.stringify({
        writeKey: key,
        messageId,
        userId: 'u',
        event: 'A',
        text: 'x'.repeat(9000),
      })
      const response = await fetch(`http://127.0.0.1:${port}/v1/track`, { method: 'POST', body })
      if (response.status === 200) acked.push(messageId)
      return response
    }
    let refusals = 0
    for (let index = 0; refusals < 5; index += 1) {
      assert.ok(index < 200, 'the disk never became full')
      const response = await send(`before-${index}`)
      if (response.status === 200) continue
      refusals += 1
      assert.equal(response.status, 429)
      assert.equal(response.headers.get('retry-after'), '30')
      assert.match(await response.text(), /The disk is full/)
    }
    assert.ok(acked.length > 30)
    await rm(ballast)
    for (let index = 0; index < 10; index += 1) assert.equal((await send(`after-${index}`)).status, 200)
  }
  await using log = await openSegmentLog({ folder: join(disk.path, 'log') })
  const found: string[] = []
  for (let position = log.start; ;) {
    const { entries, next } = await log.read(position, { maxBytes: 50_000 })
    if (entries.length === 0) break
    found.push(...entries.map(({ body }) => (JSON.parse(body.toString()) as { messageId: string }).messageId))
    position = next
  }
  assert.deepEqual(found, acked)
})
