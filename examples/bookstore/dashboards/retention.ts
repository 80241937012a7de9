import { dashboard, type DashboardDefinition, type Tile } from 'nacre'
import { begunIn, country, platform } from './filters.ts'

const filtered = {
  dateField: 'cohort',
  filterFields: { country: 'country', platform: 'platform' },
} satisfies Partial<Tile>

export const retentionDashboard: DashboardDefinition = dashboard('retention', {
  title: 'Retention',
  doc: 'Who still reads, weeks after signing up.',
  team: 'growth',
  model: 'bookstore.malloy',
  filters: [begunIn, country('retention'), platform('retention')],
  tiles: [
    {
      title: 'Weekly cohorts',
      doc: 'Of those who signed up in a week, the share who read in each week after. Only weeks that are over.',
      query: 'retention -> triangle',
      chart: {
        kind: 'heatmap',
        x: 'weeks_later',
        y: 'cohort',
        value: 'retained_share',
        format: 'percent',
        xTitle: 'weeks after signing up',
        yTitle: 'signed up in the week of',
      },
      ...filtered,
      width: 12,
    },
    {
      title: 'All cohorts together',
      doc: 'Each week rests on the cohorts old enough to have reached it; at least ten readers.',
      query: 'retention -> curve',
      chart: {
        kind: 'line',
        x: 'weeks_later',
        y: ['retained_share'],
        format: 'percent',
        xTitle: 'weeks after signing up',
      },
      ...filtered,
      width: 12,
    },
  ],
})
