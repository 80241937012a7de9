import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import { Link, useParams, useSearchParams } from 'wouter'
import type { DashboardDefinition } from '../../src/server/contract.ts'
import { filtersIn } from '../api/dashboard-address.ts'
import { queries } from '../api/queries.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { DashboardFilters } from './dashboard-filters.tsx'
import { DashboardTile } from './dashboard-tile.tsx'

export default function DashboardPage(): ReactNode {
  const { name = '' } = useParams()
  const dashboard = useQuery(queries.dashboard(name))
  return (
    <Page
      title={dashboard.data?.title ?? name}
      above={<Link href="/dashboards">Dashboards</Link>}
      lead={dashboard.data?.doc}
      wide
    >
      <Loaded query={dashboard}>{(definition) => <Tiles dashboard={definition} />}</Loaded>
    </Page>
  )
}

function Tiles({ dashboard }: { readonly dashboard: DashboardDefinition }): ReactNode {
  // Tiles do not wait for what the filters offer.
  const suggestions = useQuery(queries.suggestions(dashboard.name))
  const [parameters, setParameters] = useSearchParams()
  const address = parameters.toString()
  const filters = useMemo(() => filtersIn(address, dashboard), [address, dashboard])
  const setFilter = (name: string, value: string): void =>
    setParameters((before) => {
      const after = new URLSearchParams(before)
      if (value === '') after.delete(name)
      else after.set(name, value)
      return after
    })
  return (
    <>
      <DashboardFilters
        filters={dashboard.filters}
        values={filters}
        suggestions={suggestions.data ?? {}}
        onChange={setFilter}
      />
      {dashboard.tiles.length === 0 ? (
        <Empty icon="dashboards" title="This dashboard has no tiles">
          <p>
            Add entries to its <code>tiles</code>, each a query over {dashboard.model}, and deploy.
          </p>
        </Empty>
      ) : (
        <div className="tiles">
          {dashboard.tiles.map((tile, index) => (
            <DashboardTile
              key={index}
              dashboard={dashboard.name}
              index={index}
              tile={tile}
              filters={filters}
            />
          ))}
        </div>
      )}
    </>
  )
}
