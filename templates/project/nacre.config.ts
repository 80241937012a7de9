import { app, trackingPlan } from 'nacre'
import { overview } from './dashboards/overview.ts'
import { pageViewed } from './events/page-viewed.ts'
import dailyViews from './jobs/daily-views.ts'

export default app('my-project', {
  plan: trackingPlan({ events: [pageViewed] }),
  jobs: [dailyViews],
  models: 'models',
  dashboards: [overview],
})
