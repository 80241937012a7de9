import { NacreError } from '../base/index.ts'
import type { CompactionReason, TableMaintenance, TableMetadata } from '../tables/index.ts'

/** How a table is kept in order. */
export interface MaintenanceState {
  /** Null while none is among the snapshots that are kept. */
  readonly lastCompactionAt: string | null
  readonly snapshots: number
  /** How far back the table can be read. */
  readonly oldestSnapshotAt: string | null
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

/** What the snapshots tell of past maintenance. */
export function maintenanceState({ snapshots }: TableMetadata): MaintenanceState {
  const timeOf = (snapshot: (typeof snapshots)[number] | undefined): string | null =>
    snapshot === undefined ? null : new Date(snapshot['timestamp-ms']).toISOString()
  return {
    lastCompactionAt: timeOf(snapshots.findLast(({ summary }) => summary['operation'] === 'replace')),
    snapshots: snapshots.length,
    oldestSnapshotAt: timeOf(snapshots[0]),
  }
}

/** A dry run of everything. */
export async function planMaintenance(
  maintenance: TableMaintenance,
  table: string,
  { targetBytes }: { targetBytes: number },
): Promise<MaintenancePlan> {
  const dryRun = { dryRun: true }
  const [groups, manifests, expiry, orphans] = await Promise.all([
    maintenance.planCompaction(table),
    maintenance.mergeManifests(table, dryRun),
    maintenance.expireSnapshots(table, dryRun),
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
    expiry: { snapshots: expiry.snapshotIds.length, refs: expiry.refs, files: expiry.files.length },
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
