import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { queries } from '../api/queries.ts'
import { formatNoun } from '../format/format-number.ts'
import { Icon } from '../parts/icon.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'

/** What `nacre doctor` says, in the browser. */
export default function HealthPage(): ReactNode {
  const doctor = useQuery(queries.doctor())
  const failed = doctor.data?.checks.filter(({ ok }) => !ok).length
  return (
    <Page
      title="Health"
      lead={
        failed === undefined
          ? null
          : failed === 0
            ? 'Every check passed.'
            : `${formatNoun(failed, 'check')} did not pass.`
      }
      actions={
        <button
          type="button"
          className="button"
          disabled={doctor.isFetching}
          onClick={() => void doctor.refetch()}
        >
          Check again
        </button>
      }
    >
      <Loaded query={doctor}>
        {({ checks }) => (
          <ul className="checks panel">
            {checks.map(({ name, ok, found, remedy }) => (
              <li key={name} className={ok ? 'tone-good' : 'tone-bad'}>
                <Icon name={ok ? 'check' : 'warning'} />
                <div>
                  <p className="name">
                    {name} <span className="sr-only">{ok ? 'passed' : 'failed'}</span>
                  </p>
                  <p className="soft">{found}</p>
                  {remedy === null ? null : <p className="remedy">{remedy}</p>}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Page>
  )
}
