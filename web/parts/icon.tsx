import type { ReactNode } from 'react'

/** Strokes on a grid of 20. */
const shapes = {
  overview: 'M3 10.500 6.500 10.500 8.500 5 11.500 15 13.500 10.500 17 10.500',
  jobs: 'M4 5h8M4 10h12M4 15h6M15 13.500v4M13 15.500h4',
  tables: 'M3.500 4.500h13v11h-13zM3.500 8.500h13M8.500 8.500v7',
  events: 'M11 2.500 4.500 11.500H10l-1 6 6.500-9H10z',
  feeds: 'M4 4.500A11.500 11.500 0 0 1 15.500 16M4 9.500A6.500 6.500 0 0 1 10.500 16M4.800 15.200h.01',
  sql: 'M4 5.500 8 10l-4 4.500M10 15h6.500',
  dashboards: 'M3.500 16.500h13M5.500 13.500v-4M10 13.500v-9M14.500 13.500v-6',
  health:
    'M10 16.500s-6.500-3.700-6.500-8.300A3.700 3.700 0 0 1 10 6a3.700 3.700 0 0 1 6.500 2.200c0 4.600-6.500 8.300-6.500 8.300Z',
  search: 'M9 14.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11ZM13 13l4 4',
  menu: 'M3.500 6h13M3.500 10h13M3.500 14h13',
  close: 'M5 5l10 10M15 5 5 15',
  sun: 'M10 13.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M4.300 15.700l1.100-1.100M14.600 5.400l1.100-1.100',
  moon: 'M16.500 11.800A7 7 0 0 1 8.200 3.500a7 7 0 1 0 8.300 8.300Z',
  system: 'M3 4.500h14v9H3zM7.500 16.500h5M10 13.500v3',
  play: 'M6.500 4.500v11l9-5.500z',
  pause: 'M7 5v10M13 5v10',
  stop: 'M5.500 5.500h9v9h-9z',
  copy: 'M7.500 7.500h9v9h-9zM12.500 7.500v-4h-9v9h4',
  check: 'M4 10.500 8 14.500 16 5.500',
  info: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 9.200V13.500M10 6.600h.01',
  warning: 'M10 3.500 17.500 16.500h-15zM10 8.500v3.500M10 14.300h.01',
  more: 'M4.500 10h.01M10 10h.01M15.500 10h.01',
  down: 'M5 8l5 5 5-5',
  up: 'M5 12l5-5 5 5',
  right: 'M8 5l5 5-5 5',
  tag: 'M3.500 3.500h6l7 7-6 6-7-7zM7 7h.01',
  follow: 'M10 3v11M5.500 10 10 14.500 14.500 10M4 17h12',
  download: 'M10 3v9.500M6 9l4 4 4-4M4 16.500h12',
  lock: 'M5.500 9h9v7.500h-9zM7.500 9V6.500a2.500 2.500 0 0 1 5 0V9',
  leave: 'M8 4H4v12h4M12 6.500 15.500 10 12 13.500M15.500 10H8',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 6v4l2.500 2',
} as const

export type IconName = keyof typeof shapes

/** A decoration: the meaning must stand in words beside it, or in the label of what holds it. */
export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 20 20" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  )
}
