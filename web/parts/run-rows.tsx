import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { RunInfo } from '../../src/server/contract.ts'
import { describeRun } from '../format/describe-job.ts'
import { StateBadge } from './state-badge.tsx'
import { Duration, RelativeTime } from './time.tsx'

/** Runs, one line each, whole line a link. */
export function RunRows({ runs }: { readonly runs: readonly RunInfo[] }): ReactNode {
  return (
    <ul className="rows">
      {runs.map((run) => (
        <li key={run.id}>
          <Link className="row" href={`/runs/${run.id}`}>
            <span className="row-state">
              <StateBadge state={run.state} />
            </span>
            <span className="row-main">
              <span className="name">{run.job}</span>
              <span className="soft">{describeRun(run)}</span>
            </span>
            <span className="row-end soft">
              {run.startedAt === null || run.state === 'retrying' ? null : (
                <>
                  <Duration from={run.startedAt} to={run.endedAt} />
                  {' · '}
                </>
              )}
              <RelativeTime at={run.endedAt ?? run.startedAt ?? run.queuedAt} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
