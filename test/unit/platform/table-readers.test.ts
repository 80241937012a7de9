import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeReaders } from '../../../src/platform/table-readers.ts'
import type { ReaderRegistration, TableMetadata } from '../../../src/tables/index.ts'

test('readers tell how many commits they are behind; those that lag most come first', () => {
  const snapshots = [1, 2, 3, 4].map((id) => ({
    'snapshot-id': id,
    // 3 was rolled back: 4 comes of 2.
    'parent-snapshot-id': id === 1 ? undefined : id === 4 ? 2 : id - 1,
    'timestamp-ms': Date.UTC(2026, 0, id),
  }))
  const metadata = { snapshots, 'current-snapshot-id': 4 } as unknown as TableMetadata
  const at = (reader: string, snapshotId: string): ReaderRegistration => ({
    reader,
    snapshotId,
    expiresAt: null,
  })
  const readers = [at('done', '4'), at('slow', '1'), at('aside', '3'), at('gone', '77')]
  assert.deepEqual(
    describeReaders(metadata, readers).map((one) => [one.reader, one.behind, one.at?.slice(0, 10) ?? null]),
    [
      ['aside', null, '2026-01-03'],
      ['gone', null, null],
      ['slow', 2, '2026-01-01'],
      ['done', 0, '2026-01-04'],
    ],
  )
})
