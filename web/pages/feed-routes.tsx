import type { ReactNode } from 'react'
import type { FeedInfo } from '../../src/server/contract.ts'
import { formatCount, formatNoun } from '../format/format-number.ts'
import { formatDuration } from '../format/format-time.ts'
import { Icon } from '../parts/icon.tsx'
import { RelativeTime } from '../parts/time.tsx'
import type { ReplayChoice } from './replay-dialog.tsx'

interface FeedRoutesProps {
  readonly feed: FeedInfo
  readonly replay: (choice: ReplayChoice) => void
}

/** Each way to consumers, how it does, and what it gave up. */
export function FeedRoutes({ feed: { routes }, replay }: FeedRoutesProps): ReactNode {
  if (routes.length === 0) {
    return (
      <p className="quiet">
        None is declared. Services may follow the feed as server-sent events, or add <code>rabbitmq()</code>{' '}
        or <code>webhook(…)</code> to its routes.
      </p>
    )
  }
  return (
    <ul className="routes feed-routes">
      {routes.map((route) => (
        <RouteRow key={route.route} route={route} replay={replay} />
      ))}
    </ul>
  )
}

function RouteRow({
  route: info,
  replay,
}: {
  readonly route: FeedInfo['routes'][number]
  readonly replay: FeedRoutesProps['replay']
}): ReactNode {
  const { route, delivered, lastDeliveredAt, lagMs, waiting, dead, failing, skipped } = info
  const [tone, icon] =
    failing !== null || dead > 0
      ? (['bad', 'warning'] as const)
      : skipped !== null
        ? (['calm', 'pause'] as const)
        : (['good', 'check'] as const)
  return (
    <li className={`tone-${tone}`}>
      <Icon name={icon} />
      <div>
        <p className="name">{route}</p>
        <p className="soft">
          {formatCount(delivered)} delivered
          {lastDeliveredAt === null ? null : (
            <>
              , last <RelativeTime at={lastDeliveredAt} />
            </>
          )}
          {lagMs === null ? null : `, ${formatDuration(Math.max(0, lagMs))} after the commit`}
        </p>
        {waiting === 0 ? null : <p>{formatNoun(waiting, 'notification')} on the way</p>}
        {failing === null ? null : <p className="bad">{failing}</p>}
        {skipped === null ? null : <p className="soft">Skipped now: {skipped}</p>}
        {dead === 0 ? null : (
          <p className="given-up">
            <span className="bad">{formatNoun(dead, 'notification')} given up</span>
            <button type="button" className="button" onClick={() => replay({ dead: true, route })}>
              Send again
            </button>
          </p>
        )}
      </div>
    </li>
  )
}
