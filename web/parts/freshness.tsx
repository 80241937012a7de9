import type { ReactNode } from 'react'
import type { TableListing } from '../../src/server/contract.ts'
import { describeLateness, promisedFreshness } from '../format/describe-table.ts'
import { RelativeTime, useDerived } from './time.tsx'

/** When a table's rows were last changed, and how late that is. */
export function Freshness({ table }: { readonly table: TableListing }): ReactNode {
  const { changed, freshUntil } = table
  const late = useDerived((now) => describeLateness(freshUntil, now) ?? '')
  if (changed === null) return <span className="soft">no commit yet</span>
  return (
    <span className="freshness">
      {late === '' ? null : (
        <span className="badge tone-warn" title={`A commit is promised every ${promisedFreshness(table)}`}>
          {late}
        </span>
      )}
      <RelativeTime at={changed.committedAt} />
    </span>
  )
}
