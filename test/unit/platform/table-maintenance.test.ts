import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maintenanceState } from '../../../src/platform/table-maintenance.ts'
import type { TableMetadata } from '../../../src/tables/index.ts'

test('merging manifests is no compaction', () => {
  const stateAfter = (...summaries: readonly object[]): string | null =>
    maintenanceState(
      {
        snapshots: summaries.map((summary, index) => ({ 'timestamp-ms': index * 1000, summary })),
      } as unknown as TableMetadata,
      [],
    ).lastCompactionAt
  const compacted = { operation: 'replace', 'added-data-files': '2', 'deleted-data-files': '40' }
  const merged = { operation: 'replace', 'manifests-replaced': '9' }
  assert.equal(stateAfter({ operation: 'append', 'added-data-files': '1' }, merged), null)
  assert.equal(stateAfter(compacted, merged), '1970-01-01T00:00:00.000Z')
})
