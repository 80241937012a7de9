import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { FeedInfo } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatNoun } from '../format/format-number.ts'
import { formatDuration } from '../format/format-time.ts'
import { FeedBadge } from '../parts/feed-badge.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { RelativeTime } from '../parts/time.tsx'

export default function FeedsPage(): ReactNode {
  const feeds = useQuery(queries.feeds())
  return (
    <Page title="Feeds" lead="Tables published for other services, and who has been told.">
      <Loaded query={feeds}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="feeds" title="No table is published">
              <p>
                Declare one in the app with <code>{'feed({ table })'}</code>: every commit of the table is
                then exported as Avro files and announced.
              </p>
            </Empty>
          ) : (
            <div className="table-frame">
              <table className="list stack">
                <thead>
                  <tr>
                    <th scope="col">Feed</th>
                    <th scope="col">State</th>
                    <th scope="col">Published</th>
                    <th scope="col" className="right" title="From the commit to the slowest consumer">
                      Delay
                    </th>
                    <th scope="col">Told</th>
                  </tr>
                </thead>
                <tbody>
                  {all.map((feed) => (
                    <FeedRow key={feed.table} feed={feed} />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}

function FeedRow({ feed }: { readonly feed: FeedInfo }): ReactNode {
  const { table, doc, state, latest, failing, routes } = feed
  const lags = routes.flatMap(({ lagMs }) => (lagMs === null ? [] : [lagMs]))
  return (
    <tr>
      <td className="cell-main">
        <Link className="name" href={`/feeds/${table}`}>
          {table}
        </Link>
        {doc === null ? null : <p className="soft clamp">{doc}</p>}
        {failing === null ? null : <p className="bad clamp">{failing}</p>}
      </td>
      <td data-label="State" className="feed-state">
        <FeedBadge state={state} />
      </td>
      <td data-label="Published">
        {latest === null ? (
          <span className="soft">never</span>
        ) : (
          <>
            <RelativeTime at={latest.publishedAt} />
            <p className="soft">
              {formatNoun(latest.rows, 'row')}, {formatBytes(latest.sizeBytes)}
            </p>
          </>
        )}
      </td>
      <td data-label="Delay" className="right number">
        {lags.length === 0 ? <span className="soft">–</span> : formatDuration(Math.max(...lags))}
      </td>
      <td data-label="Told">
        {routes.length === 0 ? <span className="soft">no route declared</span> : null}
        <ul className="told">
          {routes.map((route) => (
            <li key={route.route}>{describeTold(route)}</li>
          ))}
        </ul>
      </td>
    </tr>
  )
}

function describeTold({ route, waiting, dead, failing, skipped }: FeedInfo['routes'][number]): ReactNode {
  const note =
    dead > 0
      ? `${dead} given up`
      : failing !== null
        ? 'failing'
        : waiting > 0
          ? `${waiting} on the way`
          : skipped !== null
            ? 'skipped'
            : null
  return (
    <>
      {route}
      {note === null ? null : (
        <span className={dead > 0 || failing !== null ? 'bad' : 'soft'}>{` · ${note}`}</span>
      )}
    </>
  )
}
