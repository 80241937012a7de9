import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countOf } from '../../../src/base/index.ts'

test('a count agrees with its noun', () => {
  assert.deepEqual(
    [countOf(0, 'file'), countOf(1, 'file'), countOf(1204, 'row'), countOf(2, 'property', 'properties')],
    ['0 files', '1 file', '1,204 rows', '2 properties'],
  )
})
