import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { SnapshotInfo, SnapshotView } from '../../src/server/contract.ts'
import { formatCount } from '../format/format-number.ts'
import { Icon } from './icon.tsx'

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

/** Branches and tags that name a snapshot, and whether it is the current one. */
export function SnapshotMarks({ snapshot }: { readonly snapshot: SnapshotView }): ReactNode {
  const { refs, isCurrent, isInHistory } = snapshot
  return (
    <>
      {isCurrent ? <span className="tag tag-accent">current</span> : null}
      {refs
        .filter(({ name }) => name !== 'main')
        .map(({ name, type }) => (
          <span key={name} className="tag" title={type}>
            <Icon name="tag" />
            {name}
          </span>
        ))}
      {isInHistory ? null : (
        <span className="tag" title="The current state does not come of it: rolled back, or on a branch">
          set aside
        </span>
      )}
    </>
  )
}

/** Who made a snapshot. */
export function SnapshotAuthorName({ snapshot: { author } }: { readonly snapshot: SnapshotView }): ReactNode {
  if (author === null) return null
  if (author.kind !== 'run') return <span className="soft">{author.name}</span>
  return <Link href={`/runs/${author.runId}`}>{author.job}</Link>
}
