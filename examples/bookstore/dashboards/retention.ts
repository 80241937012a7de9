import { dashboard, type DashboardDefinition, type Tile } from 'nacre'
import { country, days, platform } from './filters.ts'

const filtered = {
  dateField: 'cohort',
  filterFields: { country: 'country', platform: 'platform' },
} satisfies Partial<Tile>

export const retentionDashboard: DashboardDefinition = dashboard('retention', {
  title: 'Retention',
  doc: 'Who still reads, weeks after signing up.',
  team: 'growth',
  model: 'bookstore.malloy',
  filters: [days, country('retention'), platform('retention')],
  tiles: [
    {
      title: 'Weekly cohorts',
      doc: 'Of those who signed up in a week, the share who read in each week after. The last week is not over yet.',
      query: 'retention -> triangle',
      chart: { kind: 'heatmap', x: 'weeks_later', y: 'cohort', value: 'retained_share', format: 'percent' },
      ...filtered,
      width: 12,
    },
    {
      title: 'All cohorts together',
      query: 'retention -> curve',
      chart: { kind: 'line', x: 'weeks_later', y: ['retained_share'], format: 'percent' },
      ...filtered,
      width: 12,
    },
  ],
})
