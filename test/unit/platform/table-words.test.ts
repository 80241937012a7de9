import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { changeWords, partitionWords, sortWords } from '../../../src/platform/table-words.ts'
import type { Schema } from '../../../src/tables/index.ts'

const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'at', type: 'timestamptz', required: false },
    {
      id: 2,
      name: 'device',
      required: false,
      type: { type: 'struct', fields: [{ id: 3, name: 'os', type: 'string', required: false }] },
    },
  ],
}

describe('tables in words', () => {
  test('partitions', () => {
    const words = (source: number, transform: string): readonly string[] =>
      partitionWords(
        { 'spec-id': 0, fields: [{ 'source-id': source, 'field-id': 1000, name: 'p', transform }] },
        schema,
      )
    assert.deepEqual(words(1, 'day'), ['by day of at'])
    assert.deepEqual(words(3, 'identity'), ['by device.os'])
    assert.deepEqual(words(3, 'bucket[16]'), ['by device.os in 16 buckets'])
    assert.deepEqual(words(3, 'truncate[4]'), ['by device.os cut to 4'])
    assert.deepEqual(words(3, 'void'), [], 'a field that is no longer partitioned by')
    assert.deepEqual(words(77, 'identity'), ['by field 77, which was dropped'])
  })

  test('the order of rows', () => {
    const field = { 'source-id': 1, 'null-order': 'nulls-first' } as const
    assert.deepEqual(
      sortWords(
        {
          'order-id': 1,
          fields: [
            { ...field, transform: 'identity', direction: 'desc' },
            { ...field, transform: 'day', direction: 'asc' },
          ],
        },
        schema,
      ),
      ['at descending', 'day of at'],
    )
    assert.deepEqual(sortWords(undefined, schema), [])
  })

  for (const [summary, words] of [
    [
      { operation: 'append', 'added-records': '1204', 'added-data-files': '3' },
      'appended 1,204 rows in 3 files',
    ],
    [{ operation: 'append', 'added-records': '1', 'added-data-files': '1' }, 'appended 1 row in 1 file'],
    [
      { operation: 'replace', 'added-data-files': '2', 'deleted-data-files': '40' },
      'compacted 40 files into 2',
    ],
    [{ operation: 'replace' }, 'tidied its manifests'],
    [
      { operation: 'delete', 'deleted-records': '3', 'changed-partition-count': '2' },
      'removed 3 rows in 2 partitions',
    ],
    [{ operation: 'overwrite', 'added-records': '9', 'deleted-records': '10' }, 'replaced 10 rows with 9'],
    [{ operation: 'overwrite', 'added-position-deletes': '3' }, 'marked 3 rows as deleted'],
    [{ operation: 'append' }, 'changed no rows'],
    [{}, 'changed no rows'],
  ] as const)
    test(`${JSON.stringify(summary)}: ${words}`, () => assert.equal(changeWords(summary), words))
})
