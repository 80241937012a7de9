import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { RejectedEvents } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { describeRejection } from '../format/describe-rejection.ts'
import { formatCount } from '../format/format-number.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { Panel } from '../parts/panel.tsx'
import { RelativeTime } from '../parts/time.tsx'

type Reason = RejectedEvents['reasons'][number]
type Row = RejectedEvents['rows'][number]

/** Why events broke their contract: reasons by how often, and samples of each. */
export function RejectedEventsView(): ReactNode {
  const rejected = useQuery(queries.rejectedEvents())
  const [chosen, setChosen] = useState<Reason | null>(null)
  return (
    <Loaded query={rejected}>
      {({ reasons, rows }) =>
        reasons.length === 0 ? (
          <div className="panel">
            <Empty icon="check" title="No event was rejected">
              <p>
                An event that breaks the tracking plan is kept here with the reason, and can be replayed once
                the plan is mended.
              </p>
            </Empty>
          </div>
        ) : (
          <>
            <Panel title="Reasons" flush>
              <ul className="reasons">
                {reasons.map((reason) => (
                  <li key={`${reason.event} ${reason.reason}`}>
                    <button
                      type="button"
                      aria-pressed={isSame(reason, chosen)}
                      onClick={() => setChosen(isSame(reason, chosen) ? null : reason)}
                    >
                      <span className="number reason-count">{formatCount(reason.count)}</span>
                      <span className="row-main">
                        <span className="name">{reason.event}</span>
                        <span>
                          {describeRejection(reason.reason)} <code className="soft">{reason.reason}</code>
                        </span>
                      </span>
                      <span className="soft">
                        <RelativeTime at={reason.newest} />
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
            </Panel>
            <Samples rows={rows.filter((row) => chosen === null || isOf(chosen, row))} of={chosen} />
            <p className="soft">
              Mend the app or the tracking plan, then <code>nacre events replay</code> gives them another
              chance.
            </p>
          </>
        )
      }
    </Loaded>
  )
}

function Samples({
  rows,
  of,
}: {
  readonly rows: RejectedEvents['rows']
  readonly of: Reason | null
}): ReactNode {
  return (
    <Panel title="Samples" note={of === null ? 'newest of every reason' : of.event} flush>
      {rows.length === 0 ? (
        <p className="quiet">None of the newest events has this reason.</p>
      ) : (
        <CappedList items={rows} step={25} noun="sample">
          {(shown) => (
            <ul className="event-list event-samples">
              {shown.map((row, index) => (
                <li key={index}>
                  <details>
                    <summary>
                      <RelativeTime at={row.receivedAt} />
                      <span className="name">{row.event}</span>
                      <span className="sample-reason">{messageOf(row)}</span>
                    </summary>
                    <pre className="code">{indented(row.payload)}</pre>
                  </details>
                </li>
              ))}
            </ul>
          )}
        </CappedList>
      )}
    </Panel>
  )
}

function isSame(left: Reason, right: Reason | null): boolean {
  return left.event === right?.event && left.reason === right.reason
}

/** A row's reason is the code, and after a colon what exactly was wrong. */
function isOf(reason: Reason, row: Row): boolean {
  return row.event === reason.event && `${row.reason}:`.startsWith(`${reason.reason}:`)
}

function messageOf({ reason }: Row): string {
  return /^\w+: ([\s\S]+)$/.exec(reason)?.[1] ?? reason
}

/** A rejected payload may be no JSON at all. */
function indented(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2)
  } catch {
    return payload
  }
}
