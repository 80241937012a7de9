import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link, useParams } from 'wouter'
import type { JobDetail, RunInfo } from '../../src/server/contract.ts'
import { actions } from '../api/actions.ts'
import { queries } from '../api/queries.ts'
import { describeCause, describeDays, describeTrigger } from '../format/describe-job.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { formatDuration } from '../format/format-time.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { Facts } from '../parts/facts.tsx'
import { Icon } from '../parts/icon.tsx'
import { JobLink, TableLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { ErrorBox, RequestError } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { RunStrip } from '../parts/run-strip.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Duration, RelativeTime } from '../parts/time.tsx'
import { RunNowDialog } from './run-now-dialog.tsx'

export default function JobPage(): ReactNode {
  const { app = '', job: name = '' } = useParams()
  const job = useQuery(queries.job(app, name))
  return (
    <Page
      title={name}
      above={
        <>
          <Link href="/jobs">Jobs</Link> / {app}
        </>
      }
      lead={job.data?.job.job.doc}
      actions={job.data === undefined ? undefined : <JobActions detail={job.data} />}
    >
      <Loaded query={job}>{(detail) => <JobParts detail={detail} />}</Loaded>
    </Page>
  )
}

function JobActions({ detail: { job: info } }: { readonly detail: JobDetail }): ReactNode {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const refresh = (): Promise<void> => client.invalidateQueries({ queryKey: ['jobs'] })
  const pause = (): void => {
    setError(null)
    actions.pauseJob(info.app, info.job.name, !info.paused).then(refresh, setError)
  }
  return (
    <>
      {error === null ? null : <RequestError title="That did not work" error={error} />}
      <button type="button" className="button" onClick={pause}>
        <Icon name={info.paused ? 'play' : 'pause'} /> {info.paused ? 'Resume' : 'Pause'}
      </button>
      <button type="button" className="button button-main" onClick={() => setAsking(true)}>
        <Icon name="play" /> Run now
      </button>
      {isAsking ? <RunNowDialog info={info} onClose={() => setAsking(false)} onStarted={refresh} /> : null}
    </>
  )
}

function JobParts({ detail }: { readonly detail: JobDetail }): ReactNode {
  const { job: info, runs } = detail
  const lastFailed = info.lastRun?.state === 'failed' ? info.lastRun : null
  return (
    <>
      {lastFailed?.error == null ? null : (
        <ErrorBox
          title="The last run failed"
          code={lastFailed.error.code}
          message={lastFailed.error.message}
          actions={
            <Link className="button" href={`/runs/${lastFailed.id}`}>
              See its log
            </Link>
          }
        />
      )}
      {info.waitingFor === null ? null : (
        <p className="note note-warn">
          <Icon name="clock" />
          {formatNoun(info.due, 'piece')} of work due, not running: {info.waitingFor}
        </p>
      )}
      <div className="columns columns-facts">
        <div className="column">
          <Panel title="Runs" note={runs.length === 0 ? undefined : runSummary(runs)} flush>
            {runs.length === 0 ? (
              <p className="quiet">It has not run yet. Use “Run now”, or wait until it is due.</p>
            ) : (
              <>
                <RunStrip runs={runs} />
                <RunTable runs={runs} />
              </>
            )}
          </Panel>
        </div>
        <div className="column">
          <JobFacts detail={detail} />
        </div>
      </div>
    </>
  )
}

function runSummary(runs: readonly RunInfo[]): string {
  const failed = runs.filter(({ state }) => state === 'failed').length
  return `last ${formatCount(runs.length)}${failed === 0 ? ', none failed' : `, ${formatCount(failed)} failed`}`
}

function RunTable({ runs }: { readonly runs: readonly RunInfo[] }): ReactNode {
  const hasDays = runs.some((run) => describeDays(run) !== null)
  return (
    <CappedList items={runs} step={15} noun="run">
      {(shown) => (
        <table className="list stack runs">
          <thead>
            <tr>
              <th scope="col">State</th>
              {hasDays ? <th scope="col">Days</th> : null}
              <th scope="col">Cause</th>
              <th scope="col">When</th>
              <th scope="col" className="right">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((run) => (
              <tr key={run.id}>
                <td>
                  <Link href={`/runs/${run.id}`}>
                    <StateBadge state={run.state} />
                  </Link>
                </td>
                {hasDays ? (
                  <td data-label="Days">
                    <Link className="name" href={`/runs/${run.id}`}>
                      {describeDays(run)}
                    </Link>
                  </td>
                ) : null}
                <td data-label="Cause" className="soft run-cause">
                  {hasDays ? describeCause(run) : <Link href={`/runs/${run.id}`}>{describeCause(run)}</Link>}
                  {run.attempts.length > 1 ? `, ${formatNoun(run.attempts.length, 'attempt')}` : null}
                </td>
                <td data-label="When" className="soft">
                  <RelativeTime at={run.startedAt ?? run.queuedAt} />
                </td>
                <td data-label="Took" className="right">
                  {run.startedAt === null ? '–' : <Duration from={run.startedAt} to={run.endedAt} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </CappedList>
  )
}

function JobFacts({ detail }: { readonly detail: JobDetail }): ReactNode {
  const { job: info, nextDueAts, upstream, downstream } = detail
  const { app, job, due, paused, bundle } = info
  const jobLinks = (names: readonly string[]): ReactNode =>
    names.length === 0 ? null : names.map((name) => <JobLink key={name} name={name} app={app} />)
  const tableLinks = (tables: Readonly<Record<string, string>>): ReactNode =>
    Object.keys(tables).length === 0
      ? null
      : Object.values(tables).map((name) => <TableLink key={name} name={name} />)
  return (
    <>
      <Panel title="Schedule">
        <Facts
          facts={[
            ['Runs', describeTrigger(job)],
            ['State', paused ? 'paused: nothing starts until resumed' : null],
            ['Due now', due === 0 ? 'nothing' : formatNoun(due, job.partitions === null ? 'change' : 'day')],
            ['Next', nextDueAts[0] === undefined ? null : <RelativeTime at={nextDueAts[0]} />],
            ['Days', job.partitions === null ? null : `each UTC day from ${job.partitions.from}`],
          ]}
        />
        {nextDueAts.length < 2 ? null : (
          <details className="more">
            <summary>Next {formatNoun(nextDueAts.length, 'time')}</summary>
            <ol>
              {nextDueAts.map((at) => (
                <li key={at}>
                  <code>{at.replace('T', ' ').replace(/(:\d\d)?(\.\d+)?Z$/, ' UTC')}</code>
                </li>
              ))}
            </ol>
          </details>
        )}
      </Panel>
      <Panel title="Data">
        <Facts
          facts={[
            ['Reads', tableLinks(job.reads)],
            ['Writes', tableLinks(job.writes)],
            ['Upstream', jobLinks(upstream)],
            ['Downstream', jobLinks(downstream)],
            ['Checks', job.checks.length === 0 ? null : job.checks.map(describeCheck).join(', ')],
          ]}
        />
      </Panel>
      <Panel title="Limits and origin">
        <Facts
          facts={[
            ['Memory', formatBytes(job.memoryBytes)],
            ['CPUs', formatCount(job.cpus)],
            ['Time', `${formatDuration(job.timeoutMs)} per attempt`],
            [
              'Retries',
              job.retries.limit === 0
                ? 'none'
                : `up to ${job.retries.limit}, after ${formatDuration(job.retries.minMs)} to ${formatDuration(job.retries.maxMs)}`,
            ],
            ['Owner', job.owner],
            ['Team', job.team],
            ['Command', job.command === null ? null : <code>{job.command}</code>],
            ['Bundle', <code title={bundle}>{bundle.slice(0, 12)}</code>],
          ]}
        />
      </Panel>
    </>
  )
}

function describeCheck(check: JobDetail['job']['job']['checks'][number]): string {
  switch (check.kind) {
    case 'unique':
      return `${check.columns.join(' + ')} unique`
    case 'not-null':
      return `${check.columns.join(', ')} not null`
    case 'between':
      return `${check.column} between ${formatCount(check.min)} and ${formatCount(check.max)}`
    case 'rows-between':
      return `${formatCount(check.min)} to ${formatCount(check.max)} rows`
  }
}
