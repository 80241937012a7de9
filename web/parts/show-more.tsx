import type { ReactNode } from 'react'
import { formatCount, formatNoun } from '../format/format-number.ts'

interface ShowMoreProps {
  readonly shown: number
  readonly total: number
  readonly step: number
  readonly noun: string
  readonly isBusy: boolean
  readonly onMore: () => void
}

/** The foot of a list that the server gives in pages. */
export function ShowMore({ shown, total, step, noun, isBusy, onMore }: ShowMoreProps): ReactNode {
  return (
    <div className="show-more">
      <button type="button" className="button" disabled={isBusy} onClick={onMore}>
        Show {formatCount(Math.min(total - shown, step))} more
      </button>
      <span className="soft" aria-live="polite">
        {formatCount(shown)} of {formatNoun(total, noun)}
      </span>
    </div>
  )
}
