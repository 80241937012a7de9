import { NacreError } from '../base/index.ts'
import { builtInAppName, type JobInfo } from '../jobs/index.ts'
import type { CompactionReason, ExpiryOptions, TableMaintenance, TableMetadata } from '../tables/index.ts'

/** How a table is kept in order. */
export interface MaintenanceState {
  /** Null while none is among the snapshots that are kept. */
  readonly lastCompactionAt: string | null
  readonly snapshots: number
  /** How far back the table can be read. */
  readonly oldestSnapshotAt: string | null
  /** The platform's own jobs that do it, for all tables. */
  readonly jobs: readonly MaintenanceJob[]
}

/** A job that keeps tables in order. */
export interface MaintenanceJob {
  readonly app: string
  readonly name: string
  readonly doc: string | null
  readonly lastRun: { readonly id: string; readonly state: string; readonly at: string } | null
  /** Null while it is paused. */
  readonly nextAt: string | null
}

/** Where a table's own properties say nothing: a day of history, as tables of events get a snapshot a minute. */
const defaultHistory = { olderThanMs: 86_400_000, keepLast: 20 }

/** Which snapshots of a table may go: what its properties say, else the platform's default. */
export function expiryOptions(properties: Readonly<Record<string, string>>): ExpiryOptions {
  const says = (key: string): boolean => properties[`history.expire.${key}`] !== undefined
  return {
    ...(says('max-snapshot-age-ms') ? {} : { olderThanMs: defaultHistory.olderThanMs }),
    ...(says('min-snapshots-to-keep') ? {} : { keepLast: defaultHistory.keepLast }),
  }
}

/** What maintenance would do now. */
export interface MaintenancePlan {
  readonly compaction: {
    readonly files: number
    /** About as many are written in place of them. */
    readonly filesAfter: number
    readonly rows: number
    readonly sizeBytes: number
    readonly reasons: readonly CompactionReason[]
  }
  readonly manifests: { readonly before: number; readonly after: number }
  readonly expiry: { readonly snapshots: number; readonly refs: readonly string[]; readonly files: number }
  readonly orphans: {
    readonly files: number
    readonly sizeBytes: number
    /** Why they cannot be told; null when they can. */
    readonly problem: string | null
  }
}

/** What the snapshots and the platform's own jobs tell. */
export function maintenanceState({ snapshots }: TableMetadata, jobs: readonly JobInfo[]): MaintenanceState {
  const timeOf = (snapshot: (typeof snapshots)[number] | undefined): string | null =>
    snapshot === undefined ? null : new Date(snapshot['timestamp-ms']).toISOString()
  return {
    lastCompactionAt: timeOf(
      snapshots.findLast(
        ({ summary }) =>
          // One that merged manifests alone has no files of its own.
          summary['operation'] === 'replace' && Number(summary['added-data-files'] ?? 0) > 0,
      ),
    ),
    snapshots: snapshots.length,
    oldestSnapshotAt: timeOf(snapshots[0]),
    jobs: jobs
      .filter(({ app, job }) => app === builtInAppName && job.trigger.kind !== 'manual')
      .map(({ app, job, lastRun, nextDueAt, paused }) => ({
        app,
        name: job.name,
        doc: job.doc,
        lastRun: lastRun && {
          id: lastRun.id,
          state: lastRun.state,
          at: lastRun.endedAt ?? lastRun.startedAt ?? lastRun.queuedAt,
        },
        nextAt: paused ? null : nextDueAt,
      })),
  }
}

/** A dry run of everything. */
export async function planMaintenance(
  maintenance: TableMaintenance,
  table: string,
  { targetBytes, expiry }: { targetBytes: number; expiry: ExpiryOptions },
): Promise<MaintenancePlan> {
  const dryRun = { dryRun: true }
  const [groups, manifests, expired, orphans] = await Promise.all([
    maintenance.planCompaction(table),
    maintenance.mergeManifests(table, dryRun),
    maintenance.expireSnapshots(table, { ...expiry, ...dryRun }),
    planSweep(maintenance, table),
  ])
  const sum = (sizeOf: (group: (typeof groups)[number]) => number): number =>
    groups.reduce((total, group) => total + sizeOf(group), 0)
  return {
    compaction: {
      files: sum(({ scan }) => scan.files.length),
      filesAfter: sum(({ sizeBytes }) => Math.ceil(sizeBytes / targetBytes)),
      rows: sum(({ rows }) => rows),
      sizeBytes: sum(({ sizeBytes }) => sizeBytes),
      reasons: [...new Set(groups.flatMap(({ reasons }) => reasons))],
    },
    manifests: { before: manifests.manifestsBefore, after: manifests.manifestsAfter },
    expiry: { snapshots: expired.snapshotIds.length, refs: expired.refs, files: expired.files.length },
    orphans,
  }
}

async function planSweep(maintenance: TableMaintenance, table: string): Promise<MaintenancePlan['orphans']> {
  try {
    const { files } = await maintenance.sweepOrphans(table, { dryRun: true })
    return {
      files: files.length,
      sizeBytes: files.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
      problem: null,
    }
  } catch (error) {
    // Where two tables share a folder nothing is an orphan for sure; the rest of the plan stands.
    if (!(error instanceof NacreError) || error.code !== 'NACRE_CONFLICT') throw error
    return { files: 0, sizeBytes: 0, problem: error.message }
  }
}
