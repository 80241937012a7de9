import assert from 'node:assert/strict'
import { copyFile, open, readFile, readdir, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { NacreError } from '../../../src/base/index.ts'
import {
  openSegmentLog,
  type LogPosition,
  type SegmentFile,
  type SegmentLog,
} from '../../../src/events/segment-log.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const request = (text: string, receivedAt = 1): Parameters<SegmentLog['append']>[0] => ({
  receivedAt,
  meta: { writeKey: 'web', route: 'track' },
  body: Buffer.from(text),
})

async function readAll(log: SegmentLog, from: LogPosition = log.start, maxBytes = 100): Promise<string[]> {
  const texts: string[] = []
  for (let position = from; ;) {
    const { entries, next } = await log.read(position, { maxBytes })
    if (entries.length === 0) return texts
    texts.push(...entries.map(({ body }) => body.toString()))
    position = next
  }
}

describe('segment log', () => {
  test('what was appended is read back in order, over segments and reopening', async () => {
    await using folder = tempFolder()
    const texts = Array.from({ length: 50 }, (_, index) => `${index}:${'x'.repeat(index * 7)}`)
    const options = { folder: folder.path, segmentBytes: 1000 }
    let id: string
    {
      await using log = await openSegmentLog(options)
      id = log.id
      for (const text of texts.slice(0, 20)) await log.append(request(text))
      await Promise.all(texts.slice(20, 30).map((text) => log.append(request(text))))
      assert.deepEqual(await readAll(log), texts.slice(0, 30))
    }
    await using log = await openSegmentLog(options)
    assert.equal(log.id, id)
    for (const text of texts.slice(30)) await log.append(request(text))
    assert.deepEqual(await readAll(log), texts)
    assert.ok(log.end.segment > 5)
    assert.equal(log.bytesAfter(log.end), 0)
    const { entries } = await log.read(log.start, { maxBytes: 1 })
    assert.equal(entries.length, 1)
    assert.deepEqual(entries[0], { ...request(texts[0]!), position: { segment: 1, offset: 0 } })
  })

  test('waiters of one sync are answered together', async () => {
    await using folder = tempFolder()
    await using log = await openSegmentLog({ folder: folder.path })
    await Promise.all(Array.from({ length: 100 }, (_, index) => log.append(request(String(index)))))
    const { appended, syncs } = log.counters()
    assert.equal(appended, 100)
    assert.equal(syncs, 2) // the first alone, the other 99 while it was under way
    assert.equal(log.pendingBytes, 0)
  })

  test('a tail torn at any byte is cut off, and appending goes on', async () => {
    await using folder = tempFolder()
    await using torn = tempFolder()
    {
      await using log = await openSegmentLog({ folder: folder.path })
      for (const text of ['first', 'second', 'third']) await log.append(request(text))
    }
    const name = (await readdir(folder.path)).find((file) => file.startsWith('segment'))!
    const { length } = await readFile(join(folder.path, name))
    const recordLength = length / 3 - 1 / 3 // 'second' is one byte longer than the others
    for (let cut = 0; cut <= length; cut += 1) {
      await copyFile(join(folder.path, name), join(torn.path, name))
      await truncate(join(torn.path, name), cut)
      await using log = await openSegmentLog({ folder: torn.path })
      const kept = await readAll(log)
      const whole = cut === length ? 3 : cut >= 2 * recordLength + 1 ? 2 : cut >= recordLength ? 1 : 0
      assert.deepEqual(kept, ['first', 'second', 'third'].slice(0, whole), `cut at ${cut}`)
      await log.append(request('after'))
      assert.deepEqual(await readAll(log), [...kept, 'after'])
    }
  })

  test('a flipped bit anywhere in the last record cuts it off; zeros are no records', async () => {
    await using folder = tempFolder()
    {
      await using log = await openSegmentLog({ folder: folder.path })
      for (const text of ['first', 'second']) await log.append(request(text))
    }
    const path = join(folder.path, 'segment-000000000001.log')
    const bytes = await readFile(path)
    const start = (bytes.length - 1) / 2
    for (let at = start; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 1 << (at % 8)
      await writeFile(path, damaged)
      await using log = await openSegmentLog({ folder: folder.path })
      assert.deepEqual(await readAll(log), ['first'], `flipped at ${at}`)
    }
    await writeFile(path, Buffer.concat([bytes, Buffer.alloc(4096)]))
    await using log = await openSegmentLog({ folder: folder.path })
    assert.deepEqual(await readAll(log), ['first', 'second'])
    assert.equal(log.end.offset, bytes.length)
  })

  test('damage in the middle is an error that names the file, never a silent loss', async () => {
    await using folder = tempFolder()
    const options = { folder: folder.path, segmentBytes: 1 }
    {
      await using log = await openSegmentLog(options)
      for (const text of ['first', 'second']) await log.append(request(text))
    }
    const path = join(folder.path, 'segment-000000000001.log')
    const bytes = await readFile(path)
    bytes[20]! ^= 1
    await writeFile(path, bytes)
    await using log = await openSegmentLog(options)
    await assert.rejects(readAll(log), /segment-000000000001.log is damaged at byte 0/)
  })

  test('only consumed and old segments are removed', async () => {
    await using folder = tempFolder()
    await using log = await openSegmentLog({ folder: folder.path, segmentBytes: 1 })
    for (const text of ['a', 'b', 'c', 'd']) await log.append(request(text))
    const segments = async (): Promise<number> =>
      (await readdir(folder.path)).filter((name) => name.startsWith('segment')).length
    await utimes(join(folder.path, 'segment-000000000001.log'), 1, 1)
    await utimes(join(folder.path, 'segment-000000000003.log'), 1, 1)
    await log.removeConsumed({ segment: 4, offset: 0 }, 2000)
    assert.equal(await segments(), 3) // the second is younger, and stands before the third
    await log.removeConsumed({ segment: 2, offset: 0 }, Infinity)
    assert.equal(await segments(), 3)
    await log.removeConsumed(log.end, Infinity)
    assert.deepEqual(await readAll(log), ['d'])
    await assert.rejects(log.read({ segment: 1, offset: 0 }, { maxBytes: 1 }), /nothing at segment 1/)
  })

  test('a full disk refuses the append, keeps what was durable, and heals', async () => {
    await using folder = tempFolder()
    let isFull = false
    const openFile = faulty(async (file, buffers, position) => {
      if (!isFull) return file.writev(buffers, position)
      await file.writev([buffers[0]!.subarray(0, 5)], position) // a short write, then nothing
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    })
    await using log = await openSegmentLog({ folder: folder.path }, { openFile })
    await log.append(request('before'))
    isFull = true
    await assert.rejects(log.append(request('lost')), { code: 'NACRE_DISK_FULL' })
    assert.equal(log.pendingBytes, 0)
    assert.deepEqual(await readAll(log), ['before'])
    isFull = false
    await log.append(request('after'))
    assert.deepEqual(await readAll(log), ['before', 'after'])
  })

  test('after a failed fsync everything is refused, and the caller is told once', async () => {
    await using folder = tempFolder()
    const failures: NacreError[] = []
    let syncs = 0
    const openFile = faulty(undefined, async (file) => {
      syncs += 1
      if (syncs === 2) throw Object.assign(new Error('i/o error'), { code: 'EIO' })
      return file.datasync()
    })
    await using log = await openSegmentLog(
      { folder: folder.path, onFailure: (error) => failures.push(error) },
      { openFile },
    )
    await log.append(request('durable'))
    await assert.rejects(log.append(request('doubtful')), { code: 'NACRE_UNAVAILABLE' })
    await assert.rejects(log.append(request('later')), /cannot be written: i\/o error/)
    assert.equal(failures.length, 1)
    assert.equal(syncs, 2)
    assert.deepEqual(await readAll(log), ['durable'])
  })
})

function faulty(
  writev?: (
    file: SegmentFile,
    ...call: Parameters<SegmentFile['writev']>
  ) => ReturnType<SegmentFile['writev']>,
  datasync?: (file: SegmentFile) => Promise<void>,
): (path: string) => Promise<SegmentFile> {
  return async (path) => {
    const file = await open(path, 'a+').then(async (made) => {
      await made.close()
      return open(path, 'r+')
    })
    return {
      writev: (...call) => (writev === undefined ? file.writev(...call) : writev(file, ...call)),
      datasync: () => (datasync === undefined ? file.datasync() : datasync(file)),
      truncate: (length) => file.truncate(length),
      close: () => file.close(),
    }
  }
}
