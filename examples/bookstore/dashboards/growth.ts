import { dashboard, type DashboardDefinition, type Tile } from 'nacre'
import { country, days } from './filters.ts'

const filtered = { dateField: 'day', filterFields: { country: 'country' } } satisfies Partial<Tile>

export const growthDashboard: DashboardDefinition = dashboard('growth', {
  title: 'Growth',
  doc: 'Accounts won and lost.',
  team: 'growth',
  model: 'bookstore.malloy',
  filters: [days, country('growth')],
  tiles: [
    {
      title: 'Sign-ups',
      query: 'growth -> { aggregate: new_readers }',
      chart: { kind: 'number', format: 'integer', compare: 'previous-period' },
      ...filtered,
      width: 3,
    },
    {
      title: 'New subscribers',
      doc: 'First payments.',
      query: 'growth -> { aggregate: new_subscribers }',
      chart: { kind: 'number', format: 'integer', compare: 'previous-period' },
      ...filtered,
      width: 3,
    },
    {
      title: 'Subscribers lost',
      query: 'growth -> { aggregate: lost_subscribers }',
      chart: { kind: 'number', format: 'integer', compare: 'previous-period' },
      ...filtered,
      width: 3,
    },
    {
      title: 'Churn',
      doc: 'Subscribers lost in these days for each one there was on average.',
      query: 'growth -> { aggregate: churn }',
      chart: { kind: 'number', format: 'percent' },
      ...filtered,
      width: 3,
    },
    {
      title: 'Subscribers',
      doc: 'At the end of each day.',
      query: 'growth -> subscribers_by_day',
      chart: { kind: 'area', x: 'day', y: ['subscribers_at_end'], format: 'integer' },
      ...filtered,
      width: 12,
    },
    {
      title: 'Sign-ups, trials and first payments',
      doc: 'By week, of the weeks that lie wholly within these days.',
      query: 'growth -> by_whole_week',
      chart: {
        kind: 'bar',
        x: 'monday',
        y: ['new_readers', 'new_trials', 'new_subscribers'],
        format: 'integer',
        xTitle: 'week of',
      },
      ...filtered,
      width: 7,
    },
    {
      title: 'By country',
      query: 'growth -> by_country',
      chart: { kind: 'table' },
      ...filtered,
      width: 5,
    },
  ],
})
