import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link, useParams } from 'wouter'
import type { AttemptInfo, RunInfo } from '../../src/server/contract.ts'
import { actions } from '../api/actions.ts'
import { queries } from '../api/queries.ts'
import { describeCause, describeDays } from '../format/describe-job.ts'
import { formatBytes, formatNoun } from '../format/format-number.ts'
import { formatAbsolute, formatDuration } from '../format/format-time.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { Facts } from '../parts/facts.tsx'
import { Icon } from '../parts/icon.tsx'
import { jobAddress, JobLink, TableLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { ErrorBox } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { StateBadge } from '../parts/state-badge.tsx'
import { Duration, RelativeTime } from '../parts/time.tsx'
import { LogView } from './log-view.tsx'

export default function RunPage(): ReactNode {
  const { id = '' } = useParams()
  const run = useQuery(queries.run(id))
  return (
    <Page
      title={run.data === undefined ? 'Run' : titleOf(run.data)}
      above={
        <>
          <Link href="/jobs">Jobs</Link>
          {run.data === undefined ? null : (
            <>
              {' / '}
              <Link href={jobAddress(run.data.app, run.data.job)}>{run.data.job}</Link>
            </>
          )}
          {' / run'}
        </>
      }
      lead={run.data === undefined ? null : <RunLead run={run.data} />}
      actions={
        run.data === undefined || run.data.endedAt !== null ? undefined : <KillButton run={run.data} />
      }
      wide
    >
      <Loaded query={run}>{(data) => <RunParts run={data} />}</Loaded>
    </Page>
  )
}

function titleOf(run: RunInfo): string {
  const days = describeDays(run)
  return days === null ? run.job : `${run.job}: ${days}`
}

function RunLead({ run }: { readonly run: RunInfo }): ReactNode {
  return (
    <span className="run-lead">
      <StateBadge state={run.state} />
      {run.startedAt === null ? (
        <span>
          queued <RelativeTime at={run.queuedAt} />
        </span>
      ) : (
        <span>
          started <RelativeTime at={run.startedAt} />, {run.endedAt === null ? 'running for ' : 'took '}
          <Duration from={run.startedAt} to={run.endedAt} />
        </span>
      )}
      {run.state === 'retrying' && run.retryAt !== null ? (
        <span>
          tries again <RelativeTime at={run.retryAt} />
        </span>
      ) : null}
    </span>
  )
}

function KillButton({ run }: { readonly run: RunInfo }): ReactNode {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const days = describeDays(run)
  const kill = async (): Promise<void> => {
    await actions.killRun(run.id)
    await client.invalidateQueries({ queryKey: ['runs', run.id] })
  }
  return (
    <>
      <button type="button" className="button button-danger-quiet" onClick={() => setAsking(true)}>
        <Icon name="stop" /> Kill
      </button>
      {isAsking ? (
        <ConfirmDialog
          title="Kill this run?"
          confirm="Kill the run"
          danger
          onClose={() => setAsking(false)}
          onConfirm={kill}
        >
          <p>
            Its process is ended and nothing it has staged is published. The work of {run.job}
            {days === null ? '' : ` for ${days}`} stays undone until it runs again.
          </p>
        </ConfirmDialog>
      ) : null}
    </>
  )
}

function RunParts({ run }: { readonly run: RunInfo }): ReactNode {
  const [chosen, setChosen] = useState<number | null>(null)
  const attempt = run.attempts.find(({ number }) => number === chosen) ?? run.attempts.at(-1)
  const error = attempt?.error ?? run.error
  return (
    <>
      {error === null ? null : (
        <ErrorBox
          title={`${run.job} ${run.state === 'killed' ? 'was killed' : 'failed'}`}
          code={error.code}
          message={error.message}
        />
      )}
      <RunFacts run={run} attempt={attempt} />
      {run.attempts.length < 2 ? null : (
        <div className="attempts" role="group" aria-label="Attempts">
          {run.attempts.map(({ number, state, startedAt, endedAt }) => (
            <button
              key={number}
              type="button"
              aria-pressed={number === attempt?.number}
              onClick={() => setChosen(number)}
            >
              <span>Attempt {number}</span>
              <StateBadge state={state} />
              <Duration from={startedAt} to={endedAt} />
            </button>
          ))}
        </div>
      )}
      {attempt === undefined ? (
        <p className="quiet panel">No attempt has started yet; the log begins when one does.</p>
      ) : (
        <LogView key={attempt.number} runId={run.id} attempt={attempt.number} />
      )}
    </>
  )
}

function RunFacts({
  run,
  attempt,
}: {
  readonly run: RunInfo
  readonly attempt: AttemptInfo | undefined
}): ReactNode {
  const outputs = Object.keys(run.outputs)
  return (
    <div className="fact-band">
      <Facts
        facts={[
          ['Job', <JobLink name={run.job} app={run.app} />],
          ['Cause', describeCause(run)],
          [
            'Work',
            run.slots.length > 1 ? (
              <span title={run.slots.join(', ')}>{formatNoun(run.slots.length, 'day')}</span>
            ) : null,
          ],
          ['Started', run.startedAt === null ? null : formatAbsolute(run.startedAt)],
          [
            'Waited',
            run.startedAt === null
              ? null
              : formatDuration(Date.parse(run.startedAt) - Date.parse(run.queuedAt)),
          ],
          ['Peak memory', attempt?.peakMemoryBytes == null ? null : formatBytes(attempt.peakMemoryBytes)],
          ['CPU time', attempt?.cpuMs == null ? null : formatDuration(attempt.cpuMs)],
          ['Isolation', attempt?.isolation],
          [
            'Committed',
            outputs.length === 0 ? null : outputs.map((table) => <TableLink key={table} name={table} />),
          ],
        ]}
      />
    </div>
  )
}
