import { checks, day, job, on, sql, table } from 'nacre'
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
      sql`
        select ts::date as viewed_on, path, count(*) as views, count(distinct coalesce(user_id, anonymous_id)) as people
        from ${reads.events}
        where ${partition.where('ts')}
        group by all`,
    )
  },
})
