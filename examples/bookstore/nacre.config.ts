import { app, feed, rabbitmq, webhook, type AppDefinition } from 'nacre'
import { conversionDashboard } from './dashboards/conversion.ts'
import { engagementDashboard } from './dashboards/engagement.ts'
import { growthDashboard } from './dashboards/growth.ts'
import { retentionDashboard } from './dashboards/retention.ts'
import { plan } from './events/plan.ts'
import { alsoReadJob } from './jobs/also-read.ts'
import { catalogue } from './jobs/catalogue.ts'
import { conversionJob } from './jobs/conversion.ts'
import { dailyEngagement } from './jobs/daily-engagement.ts'
import { growthJob } from './jobs/growth.ts'
import { homeShelf, homeShelfJob } from './jobs/home-shelf.ts'
import { readersJob } from './jobs/readers.ts'
import { progress, readingProgress } from './jobs/reading-progress.ts'
import { readingSessions } from './jobs/reading-sessions.ts'
import { readingState } from './jobs/reading-state.ts'
import { retentionJob } from './jobs/retention.ts'
import { sitemap } from './jobs/sitemap.ts'

/** The Home service hears of new snapshots over RabbitMQ, or by a webhook where there is no broker. */
const routes = [rabbitmq(), webhook({ url: 'env:HOME_WEBHOOK_URL', secret: 'env:HOME_SECRET' })]

const bookstore: AppDefinition = app('bookstore', {
  doc: 'A reading service of public-domain books.',
  team: 'product',
  plan,
  jobs: [
    catalogue,
    sitemap,
    readersJob,
    readingState,
    readingSessions,
    readingProgress,
    dailyEngagement,
    growthJob,
    retentionJob,
    conversionJob,
    alsoReadJob,
    homeShelfJob,
  ],
  feeds: [
    feed({ table: homeShelf, routes, doc: "What stands on each reader's Home screen." }),
    feed({ table: progress, routes, doc: 'How far each reader is in each book.' }),
  ],
  models: 'models',
  dashboards: [engagementDashboard, growthDashboard, retentionDashboard, conversionDashboard],
})

export default bookstore
