import type { ReactNode } from 'react'
import type { SnapshotInfo } from '../../src/server/contract.ts'
import { formatCount } from '../format/format-number.ts'

/** What a snapshot did, from its summary: `append +1,204 rows`. Keys: https://iceberg.apache.org/spec/#optional-snapshot-summary-fields. */
export function SnapshotChange({ snapshot: { summary } }: { readonly snapshot: SnapshotInfo }): ReactNode {
  const added = Number(summary['added-records'] ?? 0)
  const deleted = Number(summary['deleted-records'] ?? 0)
  return (
    <span className="snapshot-change">
      <span className="operation">{summary['operation'] ?? 'commit'}</span>
      {added === 0 ? null : <span className="number good">+{formatCount(added)}</span>}
      {deleted === 0 ? null : <span className="number">−{formatCount(deleted)}</span>}
    </span>
  )
}
