import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { MaintenanceJob, MaintenancePlan } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { Facts } from '../parts/facts.tsx'
import { JobLink } from '../parts/job-link.tsx'
import { Loaded, SkeletonLines } from '../parts/loaded.tsx'
import { Panel } from '../parts/panel.tsx'
import { RelativeTime } from '../parts/time.tsx'

/** How the table is kept in order, and what would be done now. */
export function TableMaintenance({ name }: { readonly name: string }): ReactNode {
  const state = useQuery(queries.maintenance(name))
  const [isAsked, setAsked] = useState(false)
  return (
    <Panel title="Maintenance">
      <Loaded query={state}>
        {({ lastCompactionAt, oldestSnapshotAt, snapshots, jobs }) => (
          <>
            <Facts
              facts={[
                [
                  'Compacted',
                  lastCompactionAt === null ? 'never yet' : <RelativeTime at={lastCompactionAt} />,
                ],
                [
                  'History',
                  oldestSnapshotAt === null ? (
                    'none yet'
                  ) : (
                    <>
                      {formatNoun(snapshots, 'snapshot')}, the oldest <RelativeTime at={oldestSnapshotAt} />
                    </>
                  ),
                ],
              ]}
            />
            <ul className="upkeep">
              {jobs.map((job) => (
                <Job key={job.name} job={job} />
              ))}
            </ul>
          </>
        )}
      </Loaded>
      <div className="plan">
        {isAsked ? (
          <Plan name={name} />
        ) : (
          <button type="button" className="button" onClick={() => setAsked(true)}>
            What would be done now?
          </button>
        )}
      </div>
    </Panel>
  )
}

function Job({ job: { app, name, lastRun, nextAt } }: { readonly job: MaintenanceJob }): ReactNode {
  return (
    <li>
      <JobLink name={name} app={app} />
      <span className="soft block">
        {lastRun === null ? (
          'has not run yet'
        ) : (
          <>
            {lastRun.state} <RelativeTime at={lastRun.at} />
          </>
        )}
        {nextAt === null ? (
          ', paused'
        ) : (
          <>
            , next <RelativeTime at={nextAt} />
          </>
        )}
      </span>
    </li>
  )
}

function Plan({ name }: { readonly name: string }): ReactNode {
  const plan = useQuery(queries.maintenancePlan(name))
  return (
    <Loaded query={plan} placeholder={<SkeletonLines count={3} />}>
      {(found) => {
        const steps = stepsOf(found)
        return (
          <div role="status">
            {steps.length === 0 ? (
              <p className="good">All is in order: nothing would be done.</p>
            ) : (
              <ul className="consequences">
                {steps.map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ul>
            )}
            <p className="soft plan-note">A dry run: nothing was changed.</p>
          </div>
        )
      }}
    </Loaded>
  )
}

const reasons: Readonly<Record<MaintenancePlan['compaction']['reasons'][number], string>> = {
  small: 'they are small',
  deletes: 'rows in them are deleted',
  partitioning: 'they are partitioned as the table was before',
  order: 'their rows are not in order',
}

/** What would be done, in words; empty when nothing would. */
function stepsOf({ compaction, manifests, expiry, orphans }: MaintenancePlan): readonly string[] {
  return [
    compaction.files === 0
      ? []
      : `Rewrite ${formatNoun(compaction.files, 'file')} (${formatBytes(compaction.sizeBytes)}, ${formatNoun(compaction.rows, 'row')}) into about ${formatCount(compaction.filesAfter)}, as ${compaction.reasons.map((reason) => reasons[reason]).join(' and ')}.`,
    manifests.after >= manifests.before
      ? []
      : `Merge ${formatNoun(manifests.before, 'manifest')} into ${formatCount(manifests.after)}.`,
    expiry.snapshots === 0
      ? []
      : `Expire ${formatNoun(expiry.snapshots, 'snapshot')} and delete the ${formatNoun(expiry.files, 'file')} that only they need.`,
    expiry.refs.length === 0 ? [] : `Drop ${expiry.refs.join(', ')}, past the age set for them.`,
    orphans.files === 0
      ? []
      : `Delete ${formatNoun(orphans.files, 'file')} that nothing names (${formatBytes(orphans.sizeBytes)}).`,
    orphans.problem ?? [],
  ].flat()
}
