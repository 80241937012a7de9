import type { ReactNode } from 'react'
import type { FeedInfo } from '../../src/server/contract.ts'

const states: Readonly<Record<FeedInfo['state'], readonly [tone: string, word: string]>> = {
  empty: ['calm', 'nothing yet'],
  ready: ['good', 'all told'],
  sending: ['busy', 'on its way'],
  failing: ['bad', 'failing'],
}

/** How a feed is doing, in a word. */
export function FeedBadge({ state }: { readonly state: FeedInfo['state'] }): ReactNode {
  const [tone, word] = states[state]
  return <span className={`badge tone-${tone}`}>{word}</span>
}
