import type { DashboardFilter } from 'nacre'

/** A range of days, the last 60 unless another is chosen. */
export const days: DashboardFilter = { kind: 'days', name: 'days', label: 'Days', default: 'last:60d' }

/** One country, of those that a source has rows of. */
export function country(source: string): DashboardFilter {
  return { kind: 'choice', name: 'country', label: 'Country', source, field: 'country' }
}

/** One platform, of those that a source has rows of. */
export function platform(source: string): DashboardFilter {
  return { kind: 'choice', name: 'platform', label: 'Platform', source, field: 'platform' }
}
