import type { ReactNode } from 'react'
import { Icon } from './icon.tsx'

interface SortHeaderProps<Key extends string> {
  readonly name: string
  readonly sortKey: Key
  readonly sorted: Key
  readonly onSort: (key: Key) => void
  /** Of this column's order, when it is the one. */
  readonly direction?: 'ascending' | 'descending'
  readonly isRight?: boolean
}

/** A column's heading that orders the rows by it; each column has the one direction that makes sense for it. */
export function SortHeader<Key extends string>(props: SortHeaderProps<Key>): ReactNode {
  const { name, sortKey, sorted, onSort, direction = 'descending', isRight = true } = props
  const isSorted = sorted === sortKey
  return (
    <th scope="col" className={isRight ? 'right' : undefined} aria-sort={isSorted ? direction : undefined}>
      <button type="button" className="sort-button" onClick={() => onSort(sortKey)}>
        {name}
        {isSorted ? <Icon name={direction === 'ascending' ? 'up' : 'down'} /> : null}
      </button>
    </th>
  )
}
