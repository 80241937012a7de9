import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { FeedInfo } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { Facts } from '../parts/facts.tsx'
import { Icon } from '../parts/icon.tsx'
import { TableLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty, ErrorBox } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { RelativeTime } from '../parts/time.tsx'

export default function FeedsPage(): ReactNode {
  const feeds = useQuery(queries.feeds())
  return (
    <Page title="Feeds" lead="Tables exported as Avro for other services, and who has been told.">
      <Loaded query={feeds}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="feeds" title="No table is published">
              <p>
                Declare one in the app with <code>{'feed(table)'}</code>: every commit of the table is then
                exported as an Avro file and announced.
              </p>
            </Empty>
          ) : (
            <ul className="cards">
              {all.map((feed) => (
                <FeedCard key={feed.table} feed={feed} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  )
}

function FeedCard({ feed }: { readonly feed: FeedInfo }): ReactNode {
  const { table, doc, latest, pending, failing, routes } = feed
  return (
    <li className="panel card">
      <h2>
        <TableLink name={table} />
      </h2>
      {doc === null ? null : <p className="soft">{doc}</p>}
      {failing === null ? null : <ErrorBox title="The next export fails" message={failing} />}
      <Facts
        facts={[
          ['Latest', latest === null ? 'nothing published yet' : <RelativeTime at={latest.publishedAt} />],
          [
            'Holds',
            latest === null ? null : `${formatNoun(latest.rows, 'row')}, ${formatBytes(latest.sizeBytes)}`,
          ],
          ['Snapshot', latest === null ? null : <code>{latest.snapshotId}</code>],
          ['On its way', pending === 0 ? null : formatNoun(pending, 'notification')],
        ]}
      />
      <ul className="routes">
        {routes.map((route) => (
          <RouteRow key={route.route} route={route} />
        ))}
      </ul>
    </li>
  )
}

function RouteRow({ route: info }: { readonly route: FeedInfo['routes'][number] }): ReactNode {
  const { route, delivered, lastDeliveredAt, failing, skipped } = info
  const [tone, icon] =
    failing !== null
      ? (['bad', 'warning'] as const)
      : skipped !== null
        ? (['calm', 'pause'] as const)
        : (['good', 'check'] as const)
  return (
    <li className={`tone-${tone}`}>
      <Icon name={icon} />
      <div>
        <p>
          <span className="name">{route}</span>{' '}
          <span className="soft">
            {skipped !== null && delivered === 0
              ? `skipped: ${skipped}`
              : `${formatCount(delivered)} delivered`}
            {lastDeliveredAt === null ? null : (
              <>
                , last <RelativeTime at={lastDeliveredAt} />
              </>
            )}
          </span>
        </p>
        {failing === null ? null : <p className="bad">{failing}</p>}
        {skipped === null || delivered === 0 ? null : <p className="soft">skipped now: {skipped}</p>}
      </div>
    </li>
  )
}
