import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { FeedInfo } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { Facts } from '../parts/facts.tsx'
import { Icon } from '../parts/icon.tsx'
import { TableLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
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

function FeedCard({ feed: { table, doc, latest, pending, routes } }: { readonly feed: FeedInfo }): ReactNode {
  return (
    <li className="panel card">
      <h2>
        <TableLink name={table} />
      </h2>
      {doc === null ? null : <p className="soft">{doc}</p>}
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
        {routes.map(({ route, delivered, lastDeliveredAt, failing }) => (
          <li key={route} className={failing === null ? 'tone-good' : 'tone-bad'}>
            <Icon name={failing === null ? 'check' : 'warning'} />
            <div>
              <p>
                <span className="name">{route}</span>{' '}
                <span className="soft">
                  {formatCount(delivered)} delivered
                  {lastDeliveredAt === null ? null : (
                    <>
                      , last <RelativeTime at={lastDeliveredAt} />
                    </>
                  )}
                </span>
              </p>
              {failing === null ? null : <p className="bad">{failing}</p>}
            </div>
          </li>
        ))}
      </ul>
    </li>
  )
}
