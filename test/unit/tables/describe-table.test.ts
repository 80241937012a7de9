import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTable } from '../../../src/tables/catalog/describe-table.ts'
import type { TableMetadata } from '../../../src/tables/index.ts'

/** The size of a table whose current snapshot, if it has one, has this summary. */
function sizeOf(summary: Readonly<Record<string, string>> | null): number | null {
  const metadata = {
    'current-schema-id': 0,
    schemas: [{ type: 'struct', 'schema-id': 0, fields: [] }],
    'default-spec-id': 0,
    'partition-specs': [{ 'spec-id': 0, fields: [] }],
    'current-snapshot-id': summary === null ? null : 1,
    snapshots: summary === null ? [] : [{ 'snapshot-id': 1, 'timestamp-ms': 0, summary }],
  }
  return describeTable({ name: 'a.t', metadata: metadata as unknown as TableMetadata, metadataLocation: '' })
    .sizeBytes
}

test('a size that the summary leaves out is unknown; a table without a snapshot has none', () => {
  assert.equal(sizeOf({ operation: 'append', 'total-files-size': '512' }), 512)
  assert.equal(sizeOf({ operation: 'append', 'total-records': '3' }), null)
  assert.equal(sizeOf(null), 0)
})

test('what only rewrote files does not make the data younger', () => {
  const changedIn = (...operations: readonly string[]): string | undefined => {
    const snapshots = operations.map((operation, index) => ({
      'snapshot-id': index + 1,
      ...(index === 0 ? {} : { 'parent-snapshot-id': index }),
      'timestamp-ms': index,
      summary: { operation },
    }))
    const metadata = {
      'current-schema-id': 0,
      schemas: [{ type: 'struct', 'schema-id': 0, fields: [] }],
      'default-spec-id': 0,
      'partition-specs': [{ 'spec-id': 0, fields: [] }],
      'current-snapshot-id': operations.length === 0 ? null : operations.length,
      snapshots,
    } as unknown as TableMetadata
    return describeTable({ name: 'a.t', metadata, metadataLocation: '' }).changed?.snapshotId
  }
  assert.equal(changedIn('append', 'overwrite', 'replace', 'replace'), '2')
  assert.equal(changedIn('append', 'replace', 'delete'), '3')
  assert.equal(changedIn('replace', 'replace'), '1', 'as old as is known')
  assert.equal(changedIn(), undefined)
})
