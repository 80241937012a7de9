import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomSecret, sha256, uuidv7 } from '../../../src/base/index.ts'

test('a UUID of version 7 has the form of RFC 9562 and begins with its time', () => {
  const id = uuidv7(Date.parse('2026-01-05T10:00:00.123Z'))
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(parseInt(id.replaceAll('-', '').slice(0, 12), 16), Date.parse('2026-01-05T10:00:00.123Z'))
})

test('UUIDs sort by time of creation, also across a carry of their digits', () => {
  const times = [1, 0xfffe, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, Date.now(), 2 ** 48 - 1]
  const ids = times.map((time) => uuidv7(time))
  assert.deepEqual(ids.toSorted(), ids)
  assert.equal(new Set(Array.from({ length: 1000 }, () => uuidv7(1))).size, 1000)
})

test('hashes are hexadecimal, secrets are URL-safe and never the same', () => {
  assert.equal(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.equal(sha256(Buffer.from('abc')), sha256('abc'))
  assert.match(randomSecret(), /^[\w-]{43}$/)
  assert.notEqual(randomSecret(), randomSecret())
})
