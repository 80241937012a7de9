import { type ReactNode, useState } from 'react'
import type { RecentEvent } from '../../src/server/contract.ts'
import { useEventTail } from '../api/event-tail.ts'
import { formatCount } from '../format/format-number.ts'
import { formatAbsolute, formatClock } from '../format/format-time.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { Icon } from '../parts/icon.tsx'
import { SkeletonLines } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { StateBadge } from '../parts/state-badge.tsx'

type Verdict = RecentEvent['verdict']

/** Events as they arrive; pausing holds the list still, nothing is lost meanwhile. */
export function EventTail(): ReactNode {
  const tail = useEventTail()
  const [held, setHeld] = useState<readonly RecentEvent[] | null>(null)
  const [search, setSearch] = useState('')
  const [verdict, setVerdict] = useState<Verdict | 'all'>('all')
  if (tail === null) return <SkeletonLines />
  const events = held ?? tail
  const waiting = held === null ? 0 : tail.findIndex((event) => event === held[0])
  const shown = events.filter(
    (event) => (verdict === 'all' || event.verdict === verdict) && matches(event, search.toLowerCase()),
  )
  return (
    <>
      <div className="toolbar">
        <SearchBox label="Event, user or property" value={search} onChange={setSearch} />
        <select
          aria-label="Verdict"
          value={verdict}
          onChange={({ target }) => setVerdict(target.value as Verdict | 'all')}
        >
          <option value="all">All events</option>
          <option value="landed">Landed</option>
          <option value="rejected">Rejected</option>
          <option value="duplicate">Duplicates</option>
        </select>
        <button
          type="button"
          className="button"
          aria-pressed={held !== null}
          onClick={() => setHeld(held === null ? tail : null)}
        >
          <Icon name={held === null ? 'pause' : 'play'} />
          {held === null ? 'Pause' : `Resume${waiting > 0 ? ` (${formatCount(waiting)} new)` : ''}`}
        </button>
      </div>
      {shown.length === 0 ? (
        <Empty icon="events" title={events.length === 0 ? 'Nothing has arrived yet' : 'No event matches'}>
          <p>
            {events.length === 0
              ? 'Events sent to the collector show up here as they land.'
              : 'Those that match will show up here as they arrive.'}
          </p>
        </Empty>
      ) : (
        <CappedList items={shown} step={100} noun="event">
          {(visible) => (
            <ul className="event-list">
              {visible.map((event) => (
                <EventRow key={`${event.messageId} ${event.verdict}`} event={event} />
              ))}
            </ul>
          )}
        </CappedList>
      )}
    </>
  )
}

function EventRow({ event }: { readonly event: RecentEvent }): ReactNode {
  const { receivedAt, name, type, userId, anonymousId, verdict, reason, properties, messageId } = event
  return (
    <li>
      <details>
        <summary>
          <time dateTime={receivedAt} title={formatAbsolute(receivedAt)}>
            {formatClock(receivedAt)}
          </time>
          <span className="event-verdict">
            <StateBadge state={verdict} />
          </span>
          <span className="name">{name}</span>
          <span className="event-who soft">
            {userId ?? (anonymousId === null ? '' : `anonymous ${anonymousId.slice(0, 8)}`)}
          </span>
          <code className="event-properties">{reason ?? JSON.stringify(properties)}</code>
        </summary>
        <pre className="code">
          {JSON.stringify({ type, messageId, userId, anonymousId, properties }, null, 2)}
        </pre>
      </details>
    </li>
  )
}

function matches({ name, userId, anonymousId, properties, reason }: RecentEvent, search: string): boolean {
  return (
    search === '' ||
    `${name} ${userId} ${anonymousId} ${reason} ${JSON.stringify(properties)}`.toLowerCase().includes(search)
  )
}
