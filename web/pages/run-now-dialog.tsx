import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import type { JobInfo } from '../../src/server/contract.ts'
import { actions } from '../api/actions.ts'
import { formatNoun } from '../format/format-number.ts'
import { daysBetween } from '../format/format-time.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'

interface RunNowDialogProps {
  readonly info: JobInfo
  readonly onClose: () => void
  readonly onStarted: () => Promise<void>
}

/** Starts a run; a job with partitions is asked for which days. Goes to the run, or back to the job, which says why it must wait. */
export function RunNowDialog({ info, onClose, onStarted }: RunNowDialogProps): ReactNode {
  const { app, job, due } = info
  const [, navigate] = useLocation()
  const today = new Date().toISOString().slice(0, 10)
  const [chooses, setChooses] = useState(false)
  const [from, setFrom] = useState(today)
  const [to, setTo] = useState(today)
  const days = chooses ? daysBetween(from, to) : undefined
  const start = async (): Promise<void> => {
    const { run } = await actions.runJob(app, job.name, days === undefined ? {} : { days })
    await onStarted()
    if (run !== null) navigate(`/runs/${run.id}`)
  }
  return (
    <ConfirmDialog title={`Run ${job.name}`} confirm="Run now" onClose={onClose} onConfirm={start}>
      {job.partitions === null ? (
        <p>It starts at once, whatever its schedule says, and reads the newest snapshots.</p>
      ) : (
        <fieldset className="choices">
          <legend>Which days?</legend>
          <label>
            <input type="radio" name="days" checked={!chooses} onChange={() => setChooses(false)} />
            {due === 0 ? 'Today: nothing else is due' : `All that are due: ${formatNoun(due, 'day')}`}
          </label>
          <label>
            <input type="radio" name="days" checked={chooses} onChange={() => setChooses(true)} />
            These days, again if they have run before
          </label>
          {chooses ? (
            <div className="day-range">
              <label>
                From{' '}
                <input
                  type="date"
                  required
                  min={job.partitions.from}
                  max={to}
                  value={from}
                  onChange={({ target }) => setFrom(target.value)}
                />
              </label>
              <label>
                To{' '}
                <input
                  type="date"
                  required
                  min={from}
                  max={today}
                  value={to}
                  onChange={({ target }) => setTo(target.value)}
                />
              </label>
              <span className="soft">{formatNoun(days?.length ?? 0, 'day')}</span>
            </div>
          ) : null}
        </fieldset>
      )}
    </ConfirmDialog>
  )
}
