import { mkdir } from 'node:fs/promises'
import type { AppManifest } from '../apps/index.ts'
import { NacreError, type Log } from '../base/index.ts'
import { openBundleStore } from '../bundles/index.ts'
import { migrate, openDatabase } from '../database/index.ts'
import { openSandbox } from '../engines/index.ts'
import { migrations as eventMigrations } from '../events/index.ts'
import { jobMigrations, markDue } from '../jobs/index.ts'
import { openModels, sandboxHost } from '../models/index.ts'
import {
  checkFeedContract,
  enqueueNotifications,
  openPublisher,
  publishMigrations,
  type Publisher,
} from '../publish/index.ts'
import { inState, nacreVersion, type Settings } from '../settings/index.ts'
import { migrations as catalogMigrations, openCatalog } from '../tables/index.ts'
import { appMigrations, openAppRegistry, type AppRegistry } from './app-registry.ts'
import { createAttemptService } from './attempt-service.ts'
import { Changes } from './changes.ts'
import { createDashboardService } from './dashboard-service.ts'
import { erasureMigrations } from './erasures.ts'
import { watchDiskRoom } from './disk-room.ts'
import { examine } from './doctor.ts'
import { SharedFeedEngine } from './feed-engine.ts'
import { feedSchema } from './feed-rows.ts'
import { holdForFeed } from './hold-for-feed.ts'
import { openFeedSource } from './open-feed-source.ts'
import { createJobService } from './job-service.ts'
import { createMaintenanceService } from './maintenance-service.ts'
import { ensureAdminToken } from './local-files.ts'
import { openEventFlow } from './open-event-flow.ts'
import { openJobRuns } from './open-job-runs.ts'
import { openWarehouse } from './open-warehouse.ts'
import { readOverview } from './overview.ts'
import type { Platform } from './platform.ts'
import { createQueryService } from './query-service.ts'
import { createTableService } from './table-service.ts'
import { secretMigrations } from './secrets.ts'
import { tokenMigrations, Tokens } from './tokens.ts'

/** What a platform touches beside its settings. */
export interface PlatformEffects {
  readonly log: Log
  /** Variables that webhooks and command jobs may name. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where this machine reaches the API; asked once it listens. */
  readonly apiUrl: () => string
  /** Called when state or events can no longer be kept: dispose the platform, and start it again. */
  readonly onFailure: (failure: NacreError) => void
}

/** A platform that is open; {@link start} begins its work once the API listens. */
export interface OpenPlatform extends Platform {
  start(): Promise<void>
}

const migrations = [
  ...tokenMigrations,
  ...appMigrations,
  ...erasureMigrations,
  ...secretMigrations,
  ...catalogMigrations,
  ...jobMigrations,
  ...publishMigrations,
  ...eventMigrations,
]

/** Opens the state and everything on it. Nothing runs before `start`. */
export async function openPlatform(
  settings: Settings,
  { log, environment, apiUrl, onFailure }: PlatformEffects,
): Promise<OpenPlatform> {
  await using opening = new AsyncDisposableStack()
  await mkdir(settings.stateFolder, { recursive: true })
  const changes = new Changes()
  const publicUrl = (): string => settings.publicUrl ?? apiUrl()

  const { databaseUrl } = settings
  const database = opening.use(
    await openDatabase(databaseUrl === null ? { folder: inState(settings, 'state') } : { url: databaseUrl }, {
      onFailure,
    }),
  )
  await migrate(database, migrations)
  const tokens = new Tokens(database)
  await ensureAdminToken(settings.stateFolder, tokens)

  const room = opening.use(await watchDiskRoom(settings.stateFolder, { log }))
  const runs = opening.use(
    await openJobRuns({ settings, database, changes, room }, { log, environment, apiUrl }),
  )
  const { scheduler, logs } = runs
  let apps: AppRegistry | undefined
  let publisher: Publisher | undefined
  const closing = new AbortController()
  opening.defer(() => closing.abort(new NacreError('NACRE_CANCELLED', 'Nacre is stopping.')))
  const warehouse = await openWarehouse(settings, {
    database,
    admit: () => room.demand(),
    endpointUrl: publicUrl,
    signal: closing.signal,
  })
  const catalog = openCatalog(
    {
      database,
      store: warehouse.store,
      warehouse: warehouse.uri,
      async onCommit(transaction, committed) {
        await markDue(transaction, committed)
        await enqueueNotifications(transaction, apps?.feeds() ?? [], committed)
      },
      onSchemaChange: (change) => checkFeedContract(database, apps?.declaredFeeds() ?? [], change),
      onCommitted(tables) {
        scheduler.wake()
        publisher?.wake()
        for (const name of tables) changes.tell({ topic: 'tables', name })
      },
    },
    { log },
  )
  const bundles = openBundleStore<AppManifest>(inState(settings, 'bundles'))
  const registry = await openAppRegistry({ database, bundles, catalog, scheduler, changes })
  apps = registry

  const sandbox = opening.use(
    await openSandbox({ memoryBytes: settings.queryMemoryBytes, ...warehouse.access }),
  )
  const timeoutMs = settings.queryTimeoutMs
  const queries = createQueryService({ sandbox, catalog, timeoutMs })
  const models = opening.use(openModels({}, { host: sandboxHost({ catalog, sandbox, timeoutMs }) }))
  const plan = () => registry.events()
  const flow = opening.use(
    await openEventFlow(
      { settings, database, catalog, storage: warehouse.access, queries, changes, room, plan },
      { log, onFailure },
    ),
  )
  const events = flow.service

  const jobs = createJobService({ database, scheduler, logs, changes })
  const openedPublisher = (): Publisher => {
    if (publisher !== undefined) return publisher
    throw new NacreError('NACRE_UNAVAILABLE', 'Nacre is starting; ask again in a moment.')
  }
  const overview = () =>
    readOverview({ database, catalog, events, listFeeds: () => openedPublisher().listFeeds() })
  const stack = opening.move()
  return {
    version: nacreVersion,
    settings,
    log,
    database,
    tokens,
    changes,
    catalog,
    warehouse,
    bundles,
    apps: registry,
    jobs,
    maintenance: createMaintenanceService({
      database,
      catalog,
      jobs,
      exportFolder: inState(settings, 'feeds'),
    }),
    attempts: createAttemptService({
      database,
      catalog,
      storage: warehouse.access,
      scheduler,
      logs,
      changes,
    }),
    events,
    tables: createTableService({
      catalog,
      mounts: warehouse.access.mounts,
      apps: () => registry.list(),
      jobs: () => jobs.list(),
      url: publicUrl,
    }),
    queries,
    dashboards: createDashboardService({ apps: registry, models, timeoutMs }),
    publisher: openedPublisher,
    overview,
    doctor: () =>
      examine({
        settings,
        database,
        catalog,
        warehouse,
        events,
        overview,
        isolation: runs.isolation,
      }),
    apiUrl: publicUrl,
    collectorUrl: () => flow.collectorUrl(),
    projectName: () => registry.list()[0]?.name ?? 'nacre',
    async start() {
      const feedEngine = stack.use(new SharedFeedEngine(warehouse.access))
      publisher = stack.use(
        await openPublisher(
          {
            database,
            exportFolder: inState(settings, 'feeds'),
            publicUrl,
            feeds: () => registry.feeds(),
            openSource: async (table, snapshotId, partitions) =>
              openFeedSource(
                await catalog.planScan(table, { snapshotId, ...(partitions && { partitions }) }),
                feedEngine,
              ),
            schemaOf: (table, snapshotId) => feedSchema(catalog, table, snapshotId),
            hold: (table, snapshotId) => holdForFeed(catalog, table, snapshotId),
            amqpUrl: settings.amqpUrl ?? undefined,
            environment,
            onChange: (table) => changes.tell({ topic: 'feeds', name: table }),
          },
          { log },
        ),
      )
      await flow.listen()
      await runs.start()
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
