import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Overview, RunInfo } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatCompact, formatCount, formatNoun } from '../format/format-number.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { Icon } from '../parts/icon.tsx'
import { JobLink, TableLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { MinuteBars } from '../parts/minute-bars.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { RunRows } from '../parts/run-rows.tsx'
import { SnapshotChange } from '../parts/snapshot-change.tsx'
import { RelativeTime } from '../parts/time.tsx'

export default function OverviewPage(): ReactNode {
  const overview = useQuery(queries.overview())
  return (
    <Page title="Overview" lead={overview.data === undefined ? null : summaryOf(overview.data)}>
      <Loaded query={overview} placeholder={<OverviewSkeleton />}>
        {(data) => (
          <>
            <Attention overview={data} />
            <Figures overview={data} />
            <div className="columns">
              <div className="column">
                <Panel
                  title="Running now"
                  note={data.runs.queued === 0 ? undefined : `${formatCount(data.runs.queued)} queued`}
                  flush
                >
                  {data.runs.running.length === 0 ? (
                    <p className="quiet">Nothing runs at the moment.</p>
                  ) : (
                    <RunRows runs={data.runs.running} />
                  )}
                </Panel>
                <Panel title="Recent runs" flush actions={<Link href="/jobs">All jobs</Link>}>
                  <RecentRuns runs={data.runs.recent} />
                </Panel>
              </div>
              <div className="column">
                <EventsPanel events={data.events} />
                <TablesPanel tables={data.tables} />
              </div>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  )
}

/** Those that run stand above already. */
function RecentRuns({ runs }: { readonly runs: readonly RunInfo[] }): ReactNode {
  const others = runs.filter(({ state }) => state !== 'running')
  if (others.length > 0) return <RunRows runs={others} />
  if (runs.length > 0) return <p className="quiet">None has ended yet.</p>
  return (
    <Empty icon="jobs" title="No job has run yet">
      <p>
        Deploy an app with <code>nacre deploy</code>, then run a job from its page.
      </p>
    </Empty>
  )
}

function summaryOf({ runs, late }: Overview): string {
  const parts = [
    runs.running.length === 0 ? 'Nothing is running' : `${formatNoun(runs.running.length, 'job')} running`,
    ...(runs.queued === 0 ? [] : [`${formatCount(runs.queued)} queued`]),
    ...(late.length === 0 ? [] : [`${formatCount(late.length)} late`]),
    ...(runs.broken.length === 0 ? [] : [`${formatCount(runs.broken.length)} broken`]),
  ]
  return `${parts.join(', ')}.`
}

/** What a person should look at, before anything else; when there is nothing, that is said. */
function Attention({ overview: { runs, late } }: { readonly overview: Overview }): ReactNode {
  if (runs.broken.length === 0 && late.length === 0) {
    if (runs.recent.every(({ endedAt }) => endedAt === null)) return null
    return (
      <p className="all-well">
        <Icon name="check" /> All is well: nothing is late and no job is broken.
      </p>
    )
  }
  return (
    <Panel title="Needs a look" flush className="attention">
      <CappedList items={[...runs.broken.map(brokenItem), ...late.map(lateItem)]} step={6} noun="job">
        {(shown) => <ul className="attention-list">{shown}</ul>}
      </CappedList>
    </Panel>
  )
}

function brokenItem(run: RunInfo): ReactNode {
  return (
    <li key={run.id} className="tone-bad">
      <Icon name="warning" />
      <div>
        <p>
          <JobLink name={run.job} app={run.app} /> failed{' '}
          {run.endedAt === null ? null : <RelativeTime at={run.endedAt} />}
        </p>
        {run.error === null ? null : <p className="attention-why">{run.error.message.split('\n')[0]}</p>}
      </div>
      <Link className="button" href={`/runs/${run.id}`}>
        See the log
      </Link>
    </li>
  )
}

function lateItem({ app, job, since, why }: Overview['late'][number]): ReactNode {
  return (
    <li key={`${app}/${job}`} className="tone-warn">
      <Icon name="clock" />
      <div>
        <p>
          <JobLink name={job} app={app} /> was due <RelativeTime at={since} />
        </p>
        <p className="attention-why">{why}</p>
      </div>
    </li>
  )
}

function Figures({ overview: { runs, events, tables, feeds } }: { readonly overview: Overview }): ReactNode {
  return (
    <dl className="figures">
      <Figure
        label="Runs, last 24 h"
        value={formatCount(runs.succeeded + runs.failed)}
        note={
          runs.succeeded + runs.failed === 0
            ? 'none yet'
            : runs.failed === 0
              ? 'none failed'
              : `${formatCount(runs.failed)} failed`
        }
        isBad={runs.failed > 0}
      />
      <Figure
        label="Events landed"
        value={formatCompact(events.landed)}
        exact={formatCount(events.landed)}
        note={events.rejected === 0 ? 'none rejected' : `${formatCount(events.rejected)} rejected`}
      />
      <Figure
        label="Rows in tables"
        value={formatCompact(tables.rows)}
        exact={formatCount(tables.rows)}
        note={`${formatNoun(tables.count, 'table')}, ${formatBytes(tables.sizeBytes)}`}
      />
      <Figure
        label="Feeds published"
        value={formatCount(feeds.published)}
        note={
          feeds.failing > 0
            ? `${formatCount(feeds.failing)} failing`
            : feeds.published === 0
              ? 'none yet'
              : feeds.pending === 0
                ? 'all delivered'
                : `${formatCount(feeds.pending)} on their way`
        }
        isBad={feeds.failing > 0}
      />
    </dl>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly exact?: string
  readonly note: string
  readonly isBad?: boolean
}

function Figure({ label, value, exact, note, isBad = false }: FigureProps): ReactNode {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd className="figure-value" title={exact}>
        {value}
      </dd>
      <dd className={isBad ? 'figure-note bad' : 'figure-note'}>{note}</dd>
    </div>
  )
}

function EventsPanel({ events }: { readonly events: Overview['events'] }): ReactNode {
  const last = events.perMinute.at(-1)
  const isQuiet = events.perMinute.every(({ landed, rejected }) => landed + rejected === 0)
  return (
    <Panel
      title="Events per minute"
      note={events.backlogBytes === 0 ? undefined : `${formatBytes(events.backlogBytes)} waiting to land`}
      actions={<Link href="/events">Live tail</Link>}
    >
      {events.accepted === 0 ? (
        <Empty icon="events" title="No event has arrived yet">
          <p>
            Point a Segment-compatible SDK at the collector's address, with a write key from{' '}
            <code>nacre tokens</code>.
          </p>
        </Empty>
      ) : isQuiet ? (
        <p className="soft">
          None in the last hour, as far as is known since Nacre was started.
          {events.landed === 0 ? '' : ` ${formatCount(events.landed)} have landed before.`}
        </p>
      ) : (
        <>
          <MinuteBars minutes={events.perMinute} />
          <p className="axis">
            <span>{formatNoun(events.perMinute.length, 'minute')} ago</span>
            <span>{last === undefined ? '' : `${formatCount(last.landed)} in the last minute`}</span>
          </p>
        </>
      )}
    </Panel>
  )
}

function TablesPanel({ tables }: { readonly tables: Overview['tables'] }): ReactNode {
  return (
    <Panel title="Tables recently committed" flush actions={<Link href="/tables">All tables</Link>}>
      {tables.recent.length === 0 ? (
        <p className="quiet">No table has been written yet.</p>
      ) : (
        <ul className="rows">
          {tables.recent.map(({ table, snapshot }) => (
            <li key={snapshot.snapshotId} className="row">
              <span className="row-main">
                <TableLink name={table} />
                <SnapshotChange snapshot={snapshot} />
              </span>
              <span className="row-end soft">
                <RelativeTime at={snapshot.committedAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function OverviewSkeleton(): ReactNode {
  return (
    <div role="status" aria-label="Loading">
      <div className="figures">
        {[0, 1, 2, 3].map((index) => (
          <div key={index} className="figure">
            <span className="skeleton skeleton-1" />
            <span className="skeleton skeleton-block" />
          </div>
        ))}
      </div>
    </div>
  )
}
