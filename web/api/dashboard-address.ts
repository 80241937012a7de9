import type { QueryClient } from '@tanstack/react-query'
import type { DashboardDefinition, FilterValues } from '../../src/server/contract.ts'
import { queries } from './queries.ts'

/** What a dashboard's address says of each filter, and the filter's default where it says nothing. */
export function filtersIn(address: string, { filters }: DashboardDefinition): FilterValues {
  const given = new URLSearchParams(address)
  return Object.fromEntries(
    filters.map((filter) => [
      filter.name,
      given.get(filter.name) ?? (filter.kind === 'days' ? filter.default : ''),
    ]),
  )
}

/** Asks for a dashboard and at once for all its tiles, as when its page was shown already. */
export async function prefetchDashboard(client: QueryClient, name: string, address: string): Promise<void> {
  const dashboard = await client.fetchQuery(queries.dashboard(name))
  const filters = filtersIn(address, dashboard)
  const tiles = dashboard.tiles.map((_, index) => client.prefetchQuery(queries.tile(name, index, filters)))
  await Promise.all(tiles)
}
