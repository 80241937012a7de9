import type { IconName } from '../parts/icon.tsx'

interface Place {
  readonly name: string
  readonly address: string
  readonly icon: IconName
  /** After `g`. */
  readonly key: string
}

/** Where one can go, in the order of the navigation. */
export const places: readonly Place[] = [
  { name: 'Overview', address: '/', icon: 'overview', key: 'o' },
  { name: 'Dashboards', address: '/dashboards', icon: 'dashboards', key: 'd' },
  { name: 'Jobs', address: '/jobs', icon: 'jobs', key: 'j' },
  { name: 'Tables', address: '/tables', icon: 'tables', key: 't' },
  { name: 'Events', address: '/events', icon: 'events', key: 'e' },
  { name: 'Feeds', address: '/feeds', icon: 'feeds', key: 'f' },
  { name: 'SQL', address: '/sql', icon: 'sql', key: 's' },
  { name: 'Health', address: '/health', icon: 'health', key: 'h' },
]
