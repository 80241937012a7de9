import { NacreError, systemClock, type Clock } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import {
  builtInAppName,
  heartbeat,
  type AttemptIdentity,
  type MaintenanceStep,
  type MaintenanceSteps,
  type RunInfo,
} from '../jobs/index.ts'
import { withdrawPublications } from '../publish/index.ts'
import type { Catalog } from '../tables/index.ts'
import { askErasure, finishErasure, listErasures, openErasures, type Erasure } from './erasures.ts'
import type { JobService } from './job-service.ts'
import { expiryOptions } from './table-maintenance.ts'

/** What keeps the tables in order: the platform's side of its own jobs, and what people ask of them. */
export interface MaintenanceService {
  /** Answers a step of one of the platform's own jobs. Throws NACRE_NOT_ALLOWED for an attempt of any other app. */
  step(attempt: AttemptIdentity, name: string, request: object): Promise<object>
  /** Has a person's rows erased; see {@link Erasure}. The run is null while it must wait. */
  forget(user: string, by: string): Promise<{ readonly id: string; readonly run: RunInfo | null }>
  /** Newest first. */
  erasures(): Promise<readonly Erasure[]>
}

type Steps = {
  readonly [Step in MaintenanceStep]: (
    request: MaintenanceSteps[Step]['request'],
    attempt: AttemptIdentity,
  ) => Promise<MaintenanceSteps[Step]['reply']>
}

export function createMaintenanceService(
  {
    database,
    catalog,
    jobs,
    exportFolder,
  }: {
    database: Database
    catalog: Catalog
    jobs: Pick<JobService, 'request'>
    /** The publisher's. */
    exportFolder: string
  },
  { clock = systemClock }: { clock?: Clock } = {},
): MaintenanceService {
  const { maintenance } = catalog

  const steps: Steps = {
    tables: async () => ({ tables: (await catalog.tables()).map(({ name }) => name) }),

    compaction: async ({ table }) => ({ groups: await maintenance.planCompaction(table) }),

    async 'replace-files'({ change }, attempt) {
      await catalog.commit([change], {
        summary: {
          ...madeBy(attempt),
          // Readers that go on from snapshot to snapshot may pass over it.
          ...(change.kind === 'delete-rows' ? { 'nacre.reason': 'erasure' } : {}),
        },
        // An attempt that was taken for lost has no more to say.
        async within(transaction) {
          const { cancel } = await heartbeat(transaction, attempt.attemptId)
          if (cancel !== null) throw new NacreError('NACRE_CANCELLED', `The run was ${cancel}.`)
        },
      })
      return {}
    },

    async expire({ table }, attempt) {
      const { manifestsBefore, manifestsAfter } = await maintenance.mergeManifests(table, {
        summary: madeBy(attempt),
      })
      const { properties } = await catalog.table(table)
      const { snapshotIds, files } = await maintenance.expireSnapshots(table, expiryOptions(properties))
      return {
        manifestsMerged: manifestsBefore - manifestsAfter,
        snapshots: snapshotIds.length,
        files: files.length,
      }
    },

    async sweep({ table }) {
      const { files } = await maintenance.sweepOrphans(table)
      return { files: files.length, sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
    },

    erasures: async () => ({ erasures: await openErasures(database) }),

    subjects: async () => ({
      tables: (await catalog.tables()).flatMap(({ name, properties }) => {
        const column = properties['nacre.subject']
        return column === undefined ? [] : [{ table: name, column }]
      }),
    }),

    async 'erasure-plan'({ table, user }) {
      const { scan, target, blockers } = await maintenance.planErasure(table, { value: user })
      if (blockers.length === 0) return { scan, target }
      throw new NacreError(
        'NACRE_CONFLICT',
        `Snapshots of ${table} in which the rows may be are held by ${blockers.map(({ kind, name }) => `${kind} '${name}'`).join(', ')}. Drop these, then run the job again.`,
        { details: { table, blockers } },
      )
    },

    async purge({ table, user }, attempt) {
      const { snapshotIds, files } = await maintenance.finishErasure(
        table,
        { value: user },
        { summary: madeBy(attempt) },
      )
      const left = await catalog.snapshots(table)
      const exportsRemoved = await withdrawPublications(
        table,
        left.map(({ snapshotId }) => snapshotId),
        { database, exportFolder, at: new Date(clock.now()) },
      )
      return {
        snapshotsExpired: snapshotIds.length,
        filesRemoved: files.length,
        exportsRemoved,
        scans: await Promise.all(left.map(({ snapshotId }) => catalog.planScan(table, { snapshotId }))),
      }
    },

    async 'erasure-done'({ erasure, tables }) {
      await finishErasure(database, { id: erasure, tables, at: new Date(clock.now()) })
      return {}
    },
  }

  return {
    async step(attempt, name, request) {
      if (attempt.app !== builtInAppName)
        throw new NacreError(
          'NACRE_NOT_ALLOWED',
          `Job '${attempt.job.name}' of app '${attempt.app}' may not do maintenance.`,
        )
      if (!Object.hasOwn(steps, name))
        throw new NacreError('NACRE_NOT_FOUND', `There is no maintenance step '${name}'.`)
      const step = steps[name as MaintenanceStep] as (
        request: object,
        attempt: AttemptIdentity,
      ) => Promise<object>
      return step(request, attempt)
    },
    async forget(user, by) {
      const id = await askErasure(database, { user, by, at: new Date(clock.now()) })
      const { run } = await jobs.request(builtInAppName, 'forget', { by })
      return { id, run }
    },
    erasures: () => listErasures(database),
  }
}

/** What a snapshot's summary tells of the run that made it. */
function madeBy({ attemptId, runId, job }: AttemptIdentity): Readonly<Record<string, string>> {
  return { 'nacre.job': job.name, 'nacre.run-id': runId, 'nacre.attempt-id': attemptId }
}
