import type { PartitionTuple } from '../manifests/data-file.ts'
import type { ScanPlan, WriteTarget } from '../scan/scan-plan.ts'

/** Which files are worth writing anew. */
export interface CompactionOptions {
  /** Size of the files to end up with. Default: the property `write.target-file-size-bytes`, else 128 MiB. */
  readonly targetBytes?: number
  /** How many small files a partition has before it is worth it. Default 5. */
  readonly minFiles?: number
  /** Limits the files to those that may lie in one of these partitions. */
  readonly partitions?: readonly PartitionTuple[]
}

/** Why files are written anew. */
export type CompactionReason = 'small' | 'deletes' | 'partitioning' | 'order'

/**
 * Files to write anew together: read `scan`, write all its rows to `target`, and commit them as
 * `{ kind: 'rewrite', table, basedOn: scan.snapshotId, removes: scan.files' paths, files }`.
 */
export interface CompactionGroup {
  readonly scan: ScanPlan
  readonly target: WriteTarget
  readonly reasons: readonly CompactionReason[]
  readonly rows: number
  readonly sizeBytes: number
}

/** How manifests are merged. */
export interface MergeOptions {
  /** Added to the summary of the snapshot that is made. */
  readonly summary?: Readonly<Record<string, string>>
  readonly dryRun?: boolean
}

export interface MergeReport {
  readonly manifestsBefore: number
  /** As many as before when there was nothing to gain. */
  readonly manifestsAfter: number
  /** Null when nothing was committed. */
  readonly snapshotId: string | null
}

/** Which snapshots may go. What branches and tags say of themselves comes before what is said here. */
export interface ExpiryOptions {
  /** Age from which a snapshot may go. Default: `history.expire.max-snapshot-age-ms`, else 5 days. */
  readonly olderThanMs?: number
  /** How many of each branch stay whatever their age. Default: `history.expire.min-snapshots-to-keep`, else 1. */
  readonly keepLast?: number
  /** Say what would be done, and do nothing. */
  readonly dryRun?: boolean
}

export interface ExpiryReport {
  readonly snapshotIds: readonly string[]
  /** Branches and tags that outlived their own age. */
  readonly refs: readonly string[]
  /** Files that only those snapshots needed. */
  readonly files: readonly string[]
}

export interface SweepOptions {
  /** Age from which a file that nothing names is an orphan: longer than any writer takes from its first file to its commit. Default 3 days. */
  readonly olderThanMs?: number
  readonly dryRun?: boolean
}

export interface SweepReport {
  readonly files: readonly { readonly uri: string; readonly sizeBytes: number }[]
}

/** Whose rows are to be erased. */
export interface ErasureSubject {
  /** Default: the table's subject, property `nacre.subject`. */
  readonly column?: string
  /** As JSON or text, in the column's type. */
  readonly value: string | number | boolean
}

/** A branch, tag or registered reader that an erasure ends, as it holds a snapshot in which the rows are. */
export interface ErasureBlocker {
  readonly kind: 'branch' | 'tag' | 'reader'
  readonly name: string
  readonly snapshotId: string
}

/**
 * What erases a subject's rows. When `scan` has files: read them, write the rows of others to `target`, and commit
 * `{ kind: 'delete-rows', table, basedOn: scan.snapshotId, removes: scan.files' paths, files }`; then {@link TableMaintenance.finishErasure}.
 */
export interface ErasurePlan {
  readonly column: string
  /** The current snapshot's files that may hold such rows; files with deletes always, as deleted rows still stand in them. */
  readonly scan: ScanPlan
  readonly target: WriteTarget
  readonly blockers: readonly ErasureBlocker[]
}

/** How an erasure ends. */
export interface FinishErasureOptions {
  /** Drops the blockers. */
  readonly force?: boolean
  readonly dryRun?: boolean
  /** Added to the summary of the snapshot that takes the current one's place, if that must go. */
  readonly summary?: Readonly<Record<string, string>>
}

export interface ErasureReport extends ExpiryReport {
  readonly blockers: readonly ErasureBlocker[]
}

/**
 * What keeps tables small and quick, and what makes rows go for good. No file goes that a snapshot, branch, tag or registered
 * reader needs, and none outside the table's own folder.
 */
export interface TableMaintenance {
  /** Groups of at most some files each, the smallest gain last; none when all is well. */
  planCompaction(table: string, options?: CompactionOptions): Promise<readonly CompactionGroup[]>
  /** Brings the manifests of the current snapshot into few, in order of partition, when that at least halves their number. */
  mergeManifests(table: string, options?: MergeOptions): Promise<MergeReport>
  /** Removes old snapshots, then the files that only they needed. Files left by a crash in between are orphans. */
  expireSnapshots(table: string, options?: ExpiryOptions): Promise<ExpiryReport>
  /** Deletes files in the table's folder that nothing names. Throws NACRE_CONFLICT when another table lies in that folder. */
  sweepOrphans(table: string, options?: SweepOptions): Promise<SweepReport>
  /** Throws NACRE_INPUT when there is no such column, or no subject where none is given. */
  planErasure(table: string, subject: ErasureSubject): Promise<ErasurePlan>
  /**
   * Once the current snapshot is free of the subject's rows: removes every snapshot that may hold them, what metadata still tells
   * of removed files, and the files themselves. Throws NACRE_CONFLICT naming the blockers unless `force`, which drops them.
   */
  finishErasure(
    table: string,
    subject: ErasureSubject,
    options?: FinishErasureOptions,
  ): Promise<ErasureReport>
}
