import { dashboard, type DashboardDefinition, type Tile } from 'nacre'
import { begunIn, country } from './filters.ts'

const filtered = { dateField: 'day', filterFields: { country: 'country' } } satisfies Partial<Tile>

export const conversionDashboard: DashboardDefinition = dashboard('conversion', {
  title: 'Conversion',
  doc: 'From seeing a book to finishing it, and from signing up to paying.',
  team: 'growth',
  model: 'bookstore.malloy',
  filters: [begunIn, country('conversion')],
  tiles: [
    {
      title: 'From seeing a book to finishing it',
      doc: 'Pairs of a reader and a book, by the day the book was first seen or opened.',
      query: "conversion -> steps + { where: funnel = 'books' }",
      chart: { kind: 'funnel', step: 'label', value: 'came_this_far' },
      ...filtered,
    },
    {
      title: 'From signing up to paying',
      doc: 'Readers, by the day they signed up.',
      query: "conversion -> steps + { where: funnel = 'subscriptions' }",
      chart: { kind: 'funnel', step: 'label', value: 'came_this_far' },
      ...filtered,
    },
    {
      title: 'Share of sign-ups that pay',
      doc: 'By the week of signing up, once the trials begun in it are over.',
      query: "conversion -> by_week + { where: funnel = 'subscriptions' }",
      chart: {
        kind: 'bar',
        x: 'cohort',
        y: ['converted_share'],
        format: 'percent',
        xTitle: 'week of signing up',
      },
      ...filtered,
      width: 12,
    },
  ],
})
