import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filePage, partitionPage } from '../../../src/platform/table-files.ts'
import type { ScanFile } from '../../../src/tables/index.ts'

const MiB = 1024 ** 2

const file = (day: string | null, sizeMiB: number, more: Partial<ScanFile> = {}): ScanFile => ({
  path: `s3://w/t/data/${day}-${sizeMiB}-${Math.random()}.parquet`,
  rowCount: 10,
  sizeBytes: sizeMiB * MiB,
  partition: day === null ? {} : { day },
  schemaId: 0,
  ...more,
})
const options = { order: 'partition', offset: 0, limit: 10, targetBytes: 128 * MiB } as const

test('partitions are counted, the newest first, a page at a time', () => {
  const files = [file('2026-01-01', 4), file('2026-01-02', 1), file('2026-01-02', 3), file('2026-01-03', 9)]
  const page = partitionPage(files, { ...options, offset: 1, limit: 1 })
  assert.deepEqual(page, {
    partitions: [
      {
        partition: { day: '2026-01-02' },
        label: 'day 2026-01-02',
        files: 2,
        rows: 20,
        sizeBytes: 4 * MiB,
        smallestBytes: MiB,
        averageBytes: 2 * MiB,
        deleteFiles: 0,
        isFragmented: false,
      },
    ],
    total: 3,
    fragmented: 0,
    files: 4,
    targetBytes: 128 * MiB,
  })
  const sizes = partitionPage(files, { ...options, order: 'size' }).partitions.map(
    ({ sizeBytes }) => sizeBytes,
  )
  assert.deepEqual(sizes, [9 * MiB, 4 * MiB, 4 * MiB])
})

test('small files are many when compaction makes much fewer of them', () => {
  const isFragmented = (...sizes: number[]): boolean =>
    partitionPage(
      sizes.map((size) => file(null, size)),
      options,
    ).partitions[0]!.isFragmented
  assert.equal(isFragmented(1, 1, 1, 1, 1), true)
  assert.equal(isFragmented(1, 1, 1), false, 'too few to be worth it')
  assert.equal(isFragmented(120, 120, 120, 120, 120, 120), false, 'large enough')
  assert.equal(isFragmented(90, 90, 90, 90, 90), false, 'together they would hardly become fewer')
})

test('a table without partitions has one; a delete file counts once', () => {
  const deletes = ['s3://w/t/data/d.parquet']
  const page = partitionPage([file(null, 1, { deletes }), file(null, 1, { deletes })], options)
  assert.deepEqual(
    page.partitions.map(({ label, files, deleteFiles }) => [label, files, deleteFiles]),
    [['all rows', 2, 1]],
  )
  assert.deepEqual(partitionPage([], options).partitions, [])
})

test('files of one partition, whatever the order of its fields', () => {
  const files = [
    file(null, 1, { partition: { day: '2026-01-01', country: 'FR' } }),
    file(null, 5, { partition: { country: 'FR', day: '2026-01-01' } }),
    file(null, 9, { partition: { day: '2026-01-02', country: 'FR' } }),
  ]
  const page = filePage(files, { offset: 0, limit: 1, partition: { day: '2026-01-01', country: 'FR' } })
  assert.deepEqual([page.total, page.files.map(({ sizeBytes }) => sizeBytes)], [2, [5 * MiB]])
  assert.equal(filePage(files, { offset: 0, limit: 10 }).total, 3)
})
