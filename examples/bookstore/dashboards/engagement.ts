import { dashboard, type DashboardDefinition, type Tile } from 'nacre'
import { country, days, platform } from './filters.ts'

const filtered = {
  dateField: 'day',
  filterFields: { country: 'country', platform: 'platform' },
} satisfies Partial<Tile>

export const engagementDashboard: DashboardDefinition = dashboard('engagement', {
  title: 'Engagement',
  doc: 'Who reads, how much, and on what.',
  team: 'product',
  model: 'bookstore.malloy',
  filters: [days, country('engagement'), platform('engagement')],
  tiles: [
    {
      title: 'Active readers',
      doc: 'Readers who read at least once; one on two devices counts once.',
      query: 'engagement -> { aggregate: active_readers }',
      chart: { kind: 'number', format: 'integer', compare: 'previous-period' },
      ...filtered,
      width: 3,
    },
    {
      title: 'Minutes read',
      doc: 'Active time without pauses, corrected for device clocks.',
      query: 'engagement -> { aggregate: minutes_read }',
      chart: { kind: 'number', format: 'integer', compare: 'previous-period' },
      ...filtered,
      width: 3,
    },
    {
      title: 'Pages read',
      doc: 'Of 1,024 characters. What was read twice on one day counts once.',
      query: 'engagement -> { aggregate: pages_read }',
      chart: { kind: 'number', format: 'integer', compare: 'previous-period' },
      ...filtered,
      width: 3,
    },
    {
      title: 'Minutes per reader',
      query: 'engagement -> { aggregate: minutes_per_reader }',
      chart: { kind: 'number', format: 'decimal', compare: 'previous-period' },
      ...filtered,
      width: 3,
    },
    {
      title: 'Active readers by day',
      query: 'engagement -> by_day',
      chart: { kind: 'line', x: 'day', y: ['active_readers'], format: 'integer' },
      ...filtered,
      width: 12,
    },
    {
      title: 'Minutes by platform',
      query: 'engagement -> by_day_and_platform',
      chart: { kind: 'stacked-bar', x: 'day', y: ['minutes_read'], series: 'platform', format: 'integer' },
      ...filtered,
      width: 8,
    },
    {
      title: 'Readers by country',
      query: 'engagement -> by_country',
      chart: { kind: 'bar', x: 'country', y: ['active_readers'], format: 'integer' },
      ...filtered,
      width: 4,
    },
    {
      title: 'Most read books',
      doc: 'Of all time.',
      query: 'reading -> most_read',
      chart: { kind: 'table', formats: { finished_share: 'percent', minutes_spent: 'integer' } },
      width: 12,
    },
  ],
})
