import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { JobInfo } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { describeTrigger } from '../format/describe-job.ts'
import { formatCount, formatNoun } from '../format/format-number.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { JobLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Duration, RelativeTime } from '../parts/time.tsx'

export default function JobsPage(): ReactNode {
  const jobs = useQuery(queries.jobs())
  const [search, setSearch] = useState('')
  return (
    <Page
      title="Jobs"
      lead={
        jobs.data === undefined
          ? null
          : `${formatNoun(jobs.data.length, 'job')}, in order of who needs a look.`
      }
      actions={<SearchBox label="Name, team or table" value={search} onChange={setSearch} />}
    >
      <Loaded query={jobs}>{(all) => <JobTable all={all} search={search} />}</Loaded>
    </Page>
  )
}

function JobTable({ all, search }: { readonly all: readonly JobInfo[]; readonly search: string }): ReactNode {
  const found = all.filter((info) => matches(info, search)).toSorted(byUrgency)
  if (all.length === 0) {
    return (
      <Empty icon="jobs" title="No job is deployed">
        <p>
          A job is a file of an app's <code>jobs</code> folder. Begin with <code>nacre init</code>, then{' '}
          <code>nacre deploy</code>.
        </p>
      </Empty>
    )
  }
  if (found.length === 0) return <p className="quiet">No job's name, team or table contains “{search}”.</p>
  return (
    <CappedList items={found} step={100} noun="job">
      {(shown) => (
        <div className="table-frame">
          <table className="list stack">
            <thead>
              <tr>
                <th scope="col">Job</th>
                <th scope="col">Last run</th>
                <th scope="col">Runs when</th>
                <th scope="col">Next</th>
                <th scope="col">Team</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((info) => (
                <JobRow key={`${info.app}/${info.job.name}`} info={info} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </CappedList>
  )
}

function JobRow({ info }: { readonly info: JobInfo }): ReactNode {
  const { app, job, lastRun, paused, late, due, nextDueAt, waitingFor } = info
  return (
    <tr>
      <td className="cell-main">
        <JobLink name={job.name} app={app} />
        {late ? <StateBadge state="late" /> : null}
        {paused ? <StateBadge state="paused" /> : null}
        {job.doc === null ? null : <p className="soft clamp">{job.doc}</p>}
        {waitingFor === null ? null : <p className="waiting">{waitingFor}</p>}
      </td>
      <td data-label="Last run">
        {lastRun === null ? (
          <span className="soft">never</span>
        ) : (
          <Link className="last-run" href={`/runs/${lastRun.id}`}>
            <StateBadge state={lastRun.state} />
            <span className="soft">
              <RelativeTime at={lastRun.endedAt ?? lastRun.startedAt ?? lastRun.queuedAt} />
              {lastRun.startedAt === null || lastRun.state === 'retrying' ? null : (
                <>
                  {', '}
                  <Duration from={lastRun.startedAt} to={lastRun.endedAt} />
                </>
              )}
            </span>
          </Link>
        )}
      </td>
      <td data-label="Runs when">{describeTrigger(job)}</td>
      <td data-label="Next" className="nowrap">
        {due > 0 ? <span>{formatCount(due)} due</span> : null}
        {nextDueAt === null ? (
          due > 0 ? null : (
            <span className="none">–</span>
          )
        ) : (
          <span className={due > 0 ? 'soft block' : undefined}>
            <RelativeTime at={nextDueAt} />
          </span>
        )}
      </td>
      <td data-label="Team" className="soft">
        {job.team}
      </td>
    </tr>
  )
}

function matches({ app, job }: JobInfo, search: string): boolean {
  const text = [
    app,
    job.name,
    job.team,
    job.owner ?? '',
    ...Object.values(job.reads),
    ...Object.values(job.writes),
  ]
    .join(' ')
    .toLowerCase()
  return search
    .toLowerCase()
    .split(' ')
    .every((word) => text.includes(word))
}

/** Failed, late and waiting ones first, then by name. */
function byUrgency(left: JobInfo, right: JobInfo): number {
  return urgency(right) - urgency(left) || left.job.name.localeCompare(right.job.name)
}

function urgency({ lastRun, late, waitingFor }: JobInfo): number {
  const state = lastRun?.state
  return (
    (state === 'failed' ? 8 : 0) +
    (late ? 4 : 0) +
    (state === 'retrying' ? 2 : 0) +
    (state === 'running' ? 1 : 0) +
    (waitingFor === null ? 0 : 1)
  )
}
