import type { ReactNode } from 'react'
import type { TableListing } from '../../src/server/contract.ts'
import { formatNoun } from '../format/format-number.ts'
import { Icon } from './icon.tsx'

/** What is special about a table, beside its name. */
export function TableMarks({ table }: { readonly table: TableListing }): ReactNode {
  const { personal, isFeed, origin } = table
  return (
    <>
      {isFeed ? (
        <span className="tag tag-accent" title="Every commit is published as a feed">
          <Icon name="feeds" /> feed
        </span>
      ) : null}
      {personal.length === 0 ? null : (
        <span
          className="tag tag-warn"
          title={`Personal data in ${formatNoun(personal.length, 'column')}: ${personal.join(', ')}`}
        >
          <Icon name="lock" /> personal
        </span>
      )}
      {origin === 'outside' ? (
        <span className="tag" title="No app declares it: an engine made it through the Iceberg REST catalog">
          outside engine
        </span>
      ) : null}
    </>
  )
}
