import { dashboard } from 'nacre'

export const overview = dashboard('overview', {
  title: 'Overview',
  model: 'views.malloy',
  filters: [{ kind: 'days', name: 'days', label: 'Days', default: 'last:30d' }],
  tiles: [
    {
      title: 'Page views',
      query: 'views -> by_day',
      chart: { kind: 'line', x: 'viewed_on', y: ['total_views'], format: 'integer' },
      dateField: 'viewed_on',
      width: 12,
    },
  ],
})
