import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLossless, stringifyLossless } from '../../../src/base/index.ts'

test('integers beyond 2^53 stay exact, also deep inside', () => {
  const text = '{"id":9223372036854775807,"refs":{"main":[-9223372036854775808,9007199254740993]}}'
  const value = parseLossless(text)
  assert.deepEqual(value, {
    id: 9223372036854775807n,
    refs: { main: [-9223372036854775808n, 9007199254740993n] },
  })
  assert.equal(stringifyLossless(value), text)
})

test('what a number can hold stays a number', () => {
  assert.deepEqual(
    parseLossless('[9007199254740991,-1,0,1.5,1e300,1234567.5]'),
    [9007199254740991, -1, 0, 1.5, 1e300, 1234567.5],
  )
  assert.equal(stringifyLossless({ a: 5n, b: '5', c: null }, 2), '{\n  "a": 5,\n  "b": "5",\n  "c": null\n}')
})

test('what is not JSON is refused', () => {
  assert.throws(() => parseLossless('{"id":12n}'), SyntaxError)
})
