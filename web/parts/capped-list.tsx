import { type ReactNode, useState } from 'react'
import { formatCount, formatNoun } from '../format/format-number.ts'

interface CappedListProps<Item> {
  readonly items: readonly Item[]
  readonly step: number
  /** What an item is called: `job`. */
  readonly noun: string
  readonly children: (items: readonly Item[]) => ReactNode
}

/** Long lists show their first items, and more when asked: the page stays fast and the end stays reachable. */
export function CappedList<Item>({ items, step, noun, children }: CappedListProps<Item>): ReactNode {
  const [shown, setShown] = useState(step)
  const rest = items.length - shown
  return (
    <>
      {children(items.slice(0, shown))}
      {rest <= 0 ? null : (
        <div className="show-more">
          <button type="button" className="button" onClick={() => setShown(shown + step * 4)}>
            Show {formatCount(Math.min(rest, step * 4))} more
          </button>
          <span className="soft">
            {formatCount(shown)} of {formatNoun(items.length, noun)}
          </span>
        </div>
      )}
    </>
  )
}
