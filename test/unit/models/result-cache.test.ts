import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ResultCache } from '../../../src/models/result-cache.ts'

test('it stays within its bytes and drops what was used longest ago', () => {
  const cache = new ResultCache<string>(100)
  for (const key of ['a', 'b', 'c', 'd']) cache.set(key, 'x'.repeat(22))
  assert.equal(cache.sizeBytes, 96)
  assert.equal(cache.get('a'), 'x'.repeat(22))
  cache.set('e', 'y'.repeat(22))
  assert.equal(cache.get('b'), undefined)
  assert.ok(cache.get('a') !== undefined && cache.get('e') !== undefined)
  assert.equal(cache.sizeBytes, 96)
})

test('a value over a quarter of the bytes is not kept, nor what it replaces', () => {
  const cache = new ResultCache<string>(100)
  cache.set('a', 'small')
  cache.set('a', 'x'.repeat(30))
  assert.equal(cache.get('a'), undefined)
  assert.equal(cache.sizeBytes, 0)
})
