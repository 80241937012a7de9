import { mkdir } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { AppManifest } from '../apps/index.ts'
import { explainListenFailure, NacreError, type Log } from '../base/index.ts'
import { openBundleStore } from '../bundles/index.ts'
import { migrate, openDatabase } from '../database/index.ts'
import { openEngine, openSandbox } from '../engines/index.ts'
import {
  createCollector,
  createKeyRing,
  engineWriter,
  migrations as eventMigrations,
  openSegmentLog,
  replayRejected,
  startDecoder,
} from '../events/index.ts'
import { nodeCommand, openLocalExecutor, type LocalExecutor } from '../executors/index.ts'
import { jobMigrations, markDue, openAttemptLogs, openScheduler, type Scheduler } from '../jobs/index.ts'
import { openModels, sandboxHost } from '../models/index.ts'
import { enqueueNotifications, openPublisher, publishMigrations, type Publisher } from '../publish/index.ts'
import type { Settings } from '../settings/index.ts'
import { fileUriOfPath, openFileStore } from '../storage/index.ts'
import { migrations as catalogMigrations, openCatalog } from '../tables/index.ts'
import { appMigrations, openAppRegistry, type AppRegistry } from './app-registry.ts'
import { createAttemptService } from './attempt-service.ts'
import { Changes } from './changes.ts'
import { createDashboardService } from './dashboard-service.ts'
import { examine } from './doctor.ts'
import { createEventService } from './event-service.ts'
import { feedSchema, readFeedRows } from './feed-rows.ts'
import { createJobService } from './job-service.ts'
import { ensureAdminToken } from './local-files.ts'
import { nacreFolder, nacreVersion } from './nacre-version.ts'
import { readOverview } from './overview.ts'
import type { Platform } from './platform.ts'
import { stateFiles } from './project-files.ts'
import { createQueryService } from './query-service.ts'
import { tokenMigrations, Tokens } from './tokens.ts'

/** What a platform touches beside its settings. */
export interface PlatformEffects {
  readonly log: Log
  /** Variables that webhooks and command jobs may name. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where this machine reaches the API; asked once it listens. */
  readonly apiUrl: () => string
}

/** A platform that is open; {@link start} begins its work once the API listens. */
export interface OpenPlatform extends Platform {
  start(): Promise<void>
}

const decoderMemoryBytes = 256 * 1024 ** 2

/** Opens the state and everything on it. Nothing runs before `start`. */
export async function openPlatform(
  settings: Settings,
  { log, environment, apiUrl }: PlatformEffects,
): Promise<OpenPlatform> {
  await using opening = new AsyncDisposableStack()
  const inState = (name: keyof typeof stateFiles): string => join(settings.stateFolder, stateFiles[name])
  await mkdir(settings.stateFolder, { recursive: true })
  const changes = new Changes()

  const database = opening.use(
    await openDatabase(
      settings.databaseUrl === null ? { folder: inState('state') } : { url: settings.databaseUrl },
    ),
  )
  await migrate(database, [
    ...tokenMigrations,
    ...appMigrations,
    ...catalogMigrations,
    ...jobMigrations,
    ...publishMigrations,
    ...eventMigrations,
  ])
  const tokens = new Tokens(database)
  await ensureAdminToken(settings.stateFolder, tokens)

  // The loops that a commit wakes open later than the catalog.
  let apps: AppRegistry | undefined
  let scheduler: Scheduler | undefined
  let publisher: Publisher | undefined
  const catalog = openCatalog(
    {
      database,
      store: openFileStore(fileUriOfPath(inState('warehouse'))),
      warehouse: fileUriOfPath(inState('warehouse')),
      async onCommit(transaction, committed) {
        await markDue(transaction, committed)
        await enqueueNotifications(transaction, apps?.feeds() ?? [], committed)
        // Woken in a moment, for the transaction is still open: a look that comes too early only looks again.
        setTimeout(() => {
          scheduler?.wake()
          publisher?.wake()
          for (const { table } of committed) changes.tell({ topic: 'tables', name: table })
        }, 5)
      },
    },
    { log },
  )

  const segments = opening.use(
    await openSegmentLog({
      folder: inState('segments'),
      onFailure(error) {
        // After a failed fsync nobody knows what is on disk; only a new start, which reads it back, does.
        log.error({ err: error }, 'events can no longer be made durable; the process ends')
        process.exit(1)
      },
    }),
  )
  const decoderEngine = opening.use(
    await openEngine({ name: 'duckdb', memoryBytes: decoderMemoryBytes, threads: 1 }),
  )
  const collector = opening.use(createCollector({ log: segments, keys: createKeyRing(database) }, { log }))

  const logs = openAttemptLogs(inState('logs'))
  const executor: LocalExecutor = opening.use(
    await openLocalExecutor(
      {
        folder: inState('attempts'),
        command: nodeCommand({ execPath: process.execPath, path: join(nacreFolder(), 'src/bin/run-job.ts') }),
        capacity: {
          cpus: settings.jobCpus ?? availableParallelism(),
          memoryBytes: settings.jobMemoryBytes ?? Math.round(totalmem() / 2),
        },
        onExit: async (exit) => {
          await scheduler?.onAttemptExit(exit)
          changes.tell({ topic: 'runs', name: exit.attemptId })
        },
      },
      { log },
    ),
  )
  if (settings.isolation === 'require' && executor.isolation === 'polled') {
    throw new NacreError(
      'NACRE_UNAVAILABLE',
      "Isolation is required, but this process may not make cgroups. Run Nacre where it may write to /sys/fs/cgroup, or set isolation to 'prefer'.",
    )
  }
  await executor.recover()
  const steering: Pick<Scheduler, 'wake' | 'killRun'> = {
    wake: () => scheduler?.wake(),
    killRun: (runId, by) => opened(scheduler).killRun(runId, by),
  }
  const bundles = openBundleStore<AppManifest>(inState('bundles'))
  apps = await openAppRegistry({ database, bundles, catalog, scheduler: steering, changes })

  const sandbox = opening.use(await openSandbox({ memoryBytes: settings.queryMemoryBytes }))
  const queries = createQueryService({ sandbox, catalog, timeoutMs: settings.queryTimeoutMs })
  const models = opening.use(
    openModels({}, { host: sandboxHost({ catalog, sandbox, timeoutMs: settings.queryTimeoutMs }) }),
  )
  const decoder = opening.use(
    await startDecoder(
      { log: segments, database, catalog, writeRows: engineWriter(decoderEngine), plan: () => apps.events() },
      {},
      { log },
    ),
  )
  const events = createEventService({
    database,
    collector,
    decoder,
    queries,
    keyPath: inState('writeKey'),
    async replay() {
      await using engine = await openEngine({ name: 'duckdb', memoryBytes: decoderMemoryBytes, threads: 1 })
      return await replayRejected({
        database,
        catalog,
        engine,
        writeRows: engineWriter(engine),
        plan: apps.events(),
      })
    },
  })
  decoder.subscribe(throttled(() => changes.tell({ topic: 'events', name: 'decoded' }), 1000))

  const openedPublisher = (): Publisher => opened(publisher)
  const overview = () =>
    readOverview({ database, catalog, events, listFeeds: () => openedPublisher().listFeeds() })
  const publicUrl = (): string => settings.publicUrl ?? apiUrl()
  let collectorPort = settings.collectorPort
  const stack = opening.move()
  return {
    version: nacreVersion,
    settings,
    log,
    tokens,
    changes,
    catalog,
    bundles,
    apps,
    jobs: createJobService({ database, scheduler: steering, logs, changes }),
    attempts: createAttemptService({ database, catalog, scheduler: steering, logs, changes }),
    events,
    queries,
    dashboards: createDashboardService({ apps, models, timeoutMs: settings.queryTimeoutMs }),
    publisher: openedPublisher,
    overview,
    doctor: () => examine({ settings, database, events, overview, isolation: executor.isolation }),
    apiUrl: publicUrl,
    collectorUrl: () => `http://${settings.host}:${collectorPort}`,
    projectName: () => apps.list()[0]?.name ?? 'nacre',
    async start() {
      publisher = stack.use(
        await openPublisher(
          {
            database,
            exportFolder: inState('feeds'),
            publicUrl: `${publicUrl()}/api/v1/feeds`,
            feeds: () => apps.feeds(),
            readRows: (table, snapshotId, signal) =>
              readFeedRows(catalog, { table, snapshotId, scratchFolder: inState('scratch') }, signal),
            schemaOf: (table, snapshotId) => feedSchema(catalog, table, snapshotId),
            amqpUrl: settings.amqpUrl ?? undefined,
            environment,
            onChange: (table) => changes.tell({ topic: 'feeds', name: table }),
          },
          { log },
        ),
      )
      const { host, collectorPort: port } = settings
      collectorPort = await collector.listen({ port, host }).then(
        (listening) => listening.port,
        (error: unknown) => {
          throw explainListenFailure(error, { host, port, flag: '--collector-port' })
        },
      )
      // Last, for an attempt is told where the API is when it starts.
      scheduler = stack.use(
        await openScheduler(
          {
            database,
            logs,
            launcher: {
              capacity: () => executor.capacity(),
              start: ({ token, attemptId, runId, ...attempt }) => {
                changes.tell({ topic: 'runs', name: runId })
                return executor.start({
                  ...attempt,
                  attemptId,
                  environment: {
                    ...jobEnvironment(environment),
                    NACRE_URL: apiUrl(),
                    NACRE_ATTEMPT: attemptId,
                    NACRE_ATTEMPT_TOKEN: token,
                    NACRE_BUNDLES: inState('unpacked'),
                    // Compiled code is kept between attempts: it halves what a process costs to start.
                    NODE_COMPILE_CACHE: inState('compiled'),
                  },
                })
              },
              stop: (attemptId, options) => executor.stop(attemptId, options),
            },
          },
          { log },
        ),
      )
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** What {@link OpenPlatform.start} opens, when it has; the API listens a moment before. */
function opened<Part>(part: Part | undefined): Part {
  if (part !== undefined) return part
  throw new NacreError('NACRE_UNAVAILABLE', 'Nacre is starting; ask again in a moment.')
}

/** Jobs inherit what any program needs, and variables meant for them; not the platform's own settings and secrets. */
function jobEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (pair): pair is [string, string] =>
      pair[1] !== undefined &&
      (/^(PATH|HOME|LANG|LC_.*|TZ|TMPDIR|USER)$/.test(pair[0]) || pair[0].startsWith('JOB_')),
  )
  return Object.fromEntries(kept)
}

/** Calls at most once in `ms`, and once more at the end of a burst. */
function throttled(call: () => void, ms: number): () => void {
  let timer: NodeJS.Timeout | undefined
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined
      call()
    }, ms).unref()
  }
}
