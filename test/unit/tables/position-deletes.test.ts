import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Manifest, ManifestFileEntry } from '../../../src/tables/manifests/manifest.ts'
import { positionDeletes } from '../../../src/tables/manifests/position-deletes.ts'

const manifestOf = (...files: (Partial<ManifestFileEntry> & { sequence?: number })[]): Manifest => ({
  schema: { type: 'struct', 'schema-id': 0, fields: [] },
  spec: { 'spec-id': 3, fields: [] },
  entries: files.map(({ sequence = 5, ...file }, index) => ({
    status: 1,
    snapshot_id: 1,
    sequence_number: sequence,
    file_sequence_number: sequence,
    data_file: {
      content: 1,
      file_path: `s3://t/d${index}`,
      file_format: 'PARQUET',
      partition: {},
      lower_bounds: null,
      upper_bounds: null,
      ...file,
    } as ManifestFileEntry,
  })),
})
const bounds = (lower: string, upper: string): Partial<ManifestFileEntry> => ({
  lower_bounds: [{ key: 2147483546, value: Buffer.from(lower) }],
  upper_bounds: [{ key: 2147483546, value: Buffer.from(upper) }],
})

test('deletes apply to files of their spec and partition, no younger ones, between their bounds', () => {
  const deletesOf = positionDeletes('a.t', [
    manifestOf(
      {},
      { partition: { day: 'x' } },
      { sequence: 2 },
      bounds('s3://t/b', 's3://t/c'),
      { referenced_data_file: 's3://t/b' },
      { ...bounds('s3://t/a', 's3://t/z'), referenced_data_file: 's3://t/q' },
    ),
  ])
  const names = (specId: number, path: string, sequenceNumber: number | bigint, partition = {}): string[] =>
    deletesOf(specId, { path, partition, sequenceNumber }).map((uri) => uri.slice('s3://t/'.length))
  assert.deepEqual(names(3, 's3://t/b', 3), ['d0', 'd3', 'd4'])
  assert.deepEqual(names(3, 's3://t/b', 2n), ['d0', 'd2', 'd3', 'd4'])
  assert.deepEqual(names(3, 's3://t/a', 5), ['d0'])
  assert.deepEqual(names(3, 's3://t/b', 6), [])
  assert.deepEqual(names(3, 's3://t/b', 3, { day: 'x' }), ['d1'])
  assert.deepEqual(names(2, 's3://t/b', 3), [])
})

test('deletes of other kinds are refused, naming the file and what to do', () => {
  const refusal = (what: string): object => ({
    code: 'NACRE_INPUT',
    message: new RegExp(`'a.t' has ${what} in s3://t/d0.*rewrite_data_files`),
  })
  assert.throws(() => positionDeletes('a.t', [manifestOf({ content: 2 })]), refusal('equality deletes'))
  assert.throws(
    () => positionDeletes('a.t', [manifestOf({ file_format: 'PUFFIN' })]),
    refusal('deletes as PUFFIN'),
  )
})
