import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sliceScan } from '../../../src/platform/feed-slices.ts'
import type { ScanPlan } from '../../../src/tables/index.ts'
import { schemaOf } from '../../support/write-target.ts'

const schema = schemaOf({ n: 'long' })

function planOf(files: Readonly<Record<string, number>>): ScanPlan {
  return {
    table: 'test.rows',
    tableUuid: 'u',
    snapshotId: '1',
    schema,
    fileSchemas: [schema],
    files: Object.entries(files).map(([path, sizeBytes]) => ({
      path,
      sizeBytes,
      rowCount: sizeBytes * 1000,
      partition: {},
      schemaId: 0,
    })),
  }
}

const told = (plan: ScanPlan, sliceBytes: number): unknown[] =>
  sliceScan(plan, sliceBytes).map((slice) => [
    slice.plan.files.map(({ path }) => path).join(' '),
    slice.offset,
    slice.limit,
  ])

test('neighbouring files are taken together, in the order of their paths', () => {
  const slices = told(planOf({ c: 40, a: 60, b: 30, d: 90 }), 100)
  assert.deepEqual(slices, [
    ['a b', 0, undefined],
    ['c', 0, undefined],
    ['d', 0, undefined],
  ])
  assert.deepEqual(told(planOf({ d: 90, b: 30, a: 60, c: 40 }), 100), slices)
})

test('a large file is cut between row groups, and its last slice has no end', () => {
  assert.deepEqual(told(planOf({ a: 10, b: 300, c: 10 }), 100), [
    ['a', 0, undefined],
    ['b', 0, 122_880],
    ['b', 122_880, 122_880],
    ['b', 245_760, undefined],
    ['c', 0, undefined],
  ])
})

test('no files are one slice', () => {
  assert.deepEqual(told(planOf({}), 100), [['', 0, undefined]])
})
