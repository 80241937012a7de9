import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { RunInfo } from '../../src/server/contract.ts'
import { describeRun } from '../format/describe-job.ts'
import { formatDuration } from '../format/format-time.ts'
import { toneOf } from './state-badge.tsx'

/** The last runs as bars, oldest first: colour is the state, height how long it took. */
export function RunStrip({ runs }: { readonly runs: readonly RunInfo[] }): ReactNode {
  const lengths = runs.map(({ startedAt, endedAt }) =>
    startedAt === null || endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt),
  )
  const longest = Math.max(1, ...lengths.map((length) => length ?? 0))
  return (
    <ol className="run-strip" aria-label="Last runs, oldest first">
      {runs
        .map((run, index) => {
          const length = lengths[index] ?? null
          const text = `${run.state}, ${describeRun(run)}${length === null ? '' : `, ${formatDuration(length)}`}`
          return (
            <li key={run.id}>
              <Link
                href={`/runs/${run.id}`}
                className={`run-bar tone-${toneOf(run.state)}`}
                title={text}
                aria-label={text}
              >
                <span style={{ height: `${length === null ? 100 : 18 + (82 * length) / longest}%` }} />
              </Link>
            </li>
          )
        })
        .toReversed()}
    </ol>
  )
}
