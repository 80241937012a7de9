/** The files of a new project, by path. */
export function projectTemplate({
  name,
  nacre,
}: {
  name: string
  nacre: string
}): Readonly<Record<string, string>> {
  return {
    'package.json': `${JSON.stringify(
      {
        name,
        private: true,
        type: 'module',
        scripts: { start: 'nacre up', dev: 'nacre dev', check: 'nacre check' },
        dependencies: { nacre },
      },
      null,
      2,
    )}\n`,
    '.gitignore': 'node_modules/\n.nacre/\n',
    'nacre.config.ts': `import { app, trackingPlan } from 'nacre'
import { overview } from './dashboards/overview.ts'
import { pageViewed } from './events/page-viewed.ts'
import dailyViews from './jobs/daily-views.ts'

export default app('${name}', {
  plan: trackingPlan({ events: [pageViewed] }),
  jobs: [dailyViews],
  models: 'models',
  dashboards: [overview],
})
`,
    'events/page-viewed.ts': `import { event, Type } from 'nacre'

export const pageViewed = event('Page Viewed', {
  version: '1-0-0',
  doc: 'A person has seen a page.',
  properties: Type.Object({ path: Type.String(), title: Type.Optional(Type.String()) }),
})
`,
    'jobs/daily-views.ts': `import { checks, day, job, on, sql, table } from 'nacre'
import { pageViewed } from '../events/page-viewed.ts'

export const views = table('metrics.views', {
  columns: { viewed_on: 'date', path: 'string', views: 'long', people: 'long' },
  partitionBy: [day('viewed_on')],
  key: ['viewed_on', 'path'],
})

export default job('daily-views', {
  trigger: on(pageViewed.table),
  partitions: day({ from: '2020-01-01', perRun: 31 }), // a late event makes exactly its day due again
  reads: { events: pageViewed.table },
  writes: { views },
  checks: [checks.unique('viewed_on', 'path')],
  async run({ reads, writes, partition }) {
    await writes.views.overwrite(
      partition,
      sql\`
        select ts::date as viewed_on, path, count(*) as views, count(distinct coalesce(user_id, anonymous_id)) as people
        from \${reads.events}
        where \${partition.where('ts')}
        group by all\`,
    )
  },
})
`,
    'models/views.malloy': `source: views is duckdb.table('metrics.views') extend {
  measure:
    total_views is views.sum()
  view: by_day is {
    group_by: viewed_on
    aggregate: total_views
    order_by: viewed_on
  }
}
`,
    'dashboards/overview.ts': `import { dashboard } from 'nacre'

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
`,
  }
}
