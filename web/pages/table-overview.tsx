import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { TableDetail } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { promisedFreshness } from '../format/describe-table.ts'
import { formatNoun } from '../format/format-number.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Facts } from '../parts/facts.tsx'
import { JobLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { Panel } from '../parts/panel.tsx'
import { SnapshotAuthorName, SnapshotMarks } from '../parts/snapshot-change.tsx'
import { RelativeTime } from '../parts/time.tsx'
import { TrendChart } from '../parts/trend-chart.tsx'
import { RegisteredReaders } from './registered-readers.tsx'

export function TableOverview({ detail }: { readonly detail: TableDetail }): ReactNode {
  const { table, trend, snapshotCount } = detail
  return (
    <div className="columns columns-facts">
      <div className="column">
        <Panel title="Growth" note={trend.length < 2 ? undefined : 'rows after each commit'}>
          {trend.length < 2 ? (
            <p className="soft">It shows once the table has two commits.</p>
          ) : (
            <TrendChart points={trend} />
          )}
        </Panel>
        <Panel
          title="Latest changes"
          flush
          actions={
            snapshotCount === 0 ? undefined : (
              <Link href="?view=snapshots">All {formatNoun(snapshotCount, 'snapshot')}</Link>
            )
          }
        >
          <LatestChanges detail={detail} />
        </Panel>
      </div>
      <div className="column">
        <Panel title="People and services">
          <Facts facts={audienceFacts(detail)} />
        </Panel>
        {detail.registered.length === 0 ? null : <RegisteredReaders detail={detail} />}
        <Panel title="Shape">
          <Facts
            facts={[
              ['Partitioned', detail.partitioning.join(', ') || 'not partitioned'],
              ['Sorted by', detail.sortedBy.length === 0 ? 'not sorted' : detail.sortedBy.join(', ')],
              ['Key', table.key.length === 0 ? null : table.key.join(' + ')],
              ['Subject', table.properties['nacre.subject']],
              ['Promise', promiseOf(table)],
            ]}
          />
        </Panel>
        <Panel title="Where it is">
          <Place detail={detail} />
        </Panel>
      </div>
    </div>
  )
}

function promiseOf(table: TableDetail['table']): ReactNode {
  const every = promisedFreshness(table)
  return every === null ? null : `a commit every ${every}`
}

function audienceFacts(detail: TableDetail): readonly (readonly [name: string, value: ReactNode])[] {
  const { table, writers, readers, outsideWriters, dashboards } = detail
  const jobs = (names: readonly string[]): ReactNode[] =>
    names.map((name) => <JobLink key={name} name={name} />)
  const written = [
    ...jobs(writers),
    ...(table.origin === 'events' ? [<span key="collector">the collector</span>] : []),
    ...outsideWriters.map(({ name, lastAt }) => (
      <span key={name} className="block">
        {name}, <RelativeTime at={lastAt} />
      </span>
    )),
  ]
  const read = [
    ...jobs(readers),
    ...(table.isFeed
      ? [
          <Link key="feed" className="name" href="/feeds">
            its feed
          </Link>,
        ]
      : []),
    ...dashboards.map(({ name, title }) => (
      <Link key={name} className="name" href={`/dashboards/${encodeURIComponent(name)}`}>
        {title}
      </Link>
    )),
  ]
  return [
    ['Owner', table.owner],
    ['Team', table.team],
    ['Written by', written.length === 0 ? 'nobody yet' : written],
    ['Read by', read.length === 0 ? 'nobody that Nacre knows of' : read],
  ]
}

function LatestChanges({ detail }: { readonly detail: TableDetail }): ReactNode {
  const snapshots = useInfiniteQuery(queries.snapshots(detail.table.name))
  return (
    <Loaded query={snapshots}>
      {({ pages }) => {
        const latest = pages[0]!.snapshots.slice(0, 6)
        if (latest.length === 0)
          return (
            <Empty icon="tables" title="No commit yet">
              <p>Rows appear with the first commit of what writes it.</p>
            </Empty>
          )
        return (
          <ul className="rows">
            {latest.map((snapshot) => (
              <li key={snapshot.snapshotId} className="row">
                <span className="row-main">
                  <span>
                    {snapshot.change} <SnapshotMarks snapshot={snapshot} />
                  </span>
                  <SnapshotAuthorName snapshot={snapshot} />
                </span>
                <span className="row-end soft">
                  <RelativeTime at={snapshot.committedAt} />
                </span>
              </li>
            ))}
          </ul>
        )
      }}
    </Loaded>
  )
}

function Place({ detail: { table, localPath } }: { readonly detail: TableDetail }): ReactNode {
  const properties = Object.entries(table.properties).toSorted(([one], [other]) => one.localeCompare(other))
  return (
    <>
      <div className="place">
        <code>{localPath ?? table.location}</code>
        <CopyButton text={() => localPath ?? table.location} label="Copy" />
      </div>
      <details className="more">
        <summary>{formatNoun(properties.length, 'property', 'properties')}</summary>
        <dl className="properties">
          <dt>uuid</dt>
          <dd>
            <code>{table.uuid}</code>
          </dd>
          {properties.map(([key, value]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  )
}
