import type { DashboardFilter } from 'nacre'

/** A range of days, the last 30 unless another is chosen. */
export const days: DashboardFilter = { kind: 'days', name: 'days', label: 'Days', default: 'last:30d' }

/** The days on which something began: more of them, since what began lately has not shown how it goes on. */
export const begunIn: DashboardFilter = { kind: 'days', name: 'days', label: 'Begun in', default: 'last:90d' }

/** One country, of those that a source has rows of. */
export function country(source: string): DashboardFilter {
  return { kind: 'choice', name: 'country', label: 'Country', source, field: 'country' }
}

/** One platform, of those that a source has rows of. */
export function platform(source: string): DashboardFilter {
  return { kind: 'choice', name: 'platform', label: 'Platform', source, field: 'platform' }
}
