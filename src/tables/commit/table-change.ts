import type { DataFile, PartitionTuple } from '../manifests/data-file.ts'

/** A change to one table, ready to commit; several become visible together. Travels as JSON from a job's process. */
export type TableChange =
  | { readonly kind: 'append'; readonly table: string; readonly files: readonly DataFile[] }
  | {
      /** Replaces every row of the named partitions, also of those for which `files` holds nothing. */
      readonly kind: 'overwrite-partitions'
      readonly table: string
      /** Each names all partition fields; for job partitions only the day field is given and matches any value of the others. */
      readonly partitions: readonly PartitionTuple[]
      readonly files: readonly DataFile[]
    }
  /** Replaces every row of the table. */
  | { readonly kind: 'replace'; readonly table: string; readonly files: readonly DataFile[] }
  | FileReplacement

/** Files that stand in for others, made by reading those of one snapshot, deletes applied, and writing what is to stay. */
export interface FileReplacement {
  /** `rewrite` keeps every row, as compaction does; `delete-rows` leaves some out. */
  readonly kind: 'rewrite' | 'delete-rows'
  readonly table: string
  /** The snapshot that was read. */
  readonly basedOn: string
  /** Paths of the files that go. When one is gone already, or has lost rows since, the commit fails with NACRE_COMMIT_CONFLICT. */
  readonly removes: readonly string[]
  readonly files: readonly DataFile[]
}

/** What a commit made of one table. */
export interface CommittedTable {
  readonly table: string
  readonly tableUuid: string
  /** As text. */
  readonly snapshotId: string
  readonly sequenceNumber: number
  /** Iceberg's summary: operation, added-records, total-records, … and what the committer added. */
  readonly summary: Readonly<Record<string, string>>
  /** Every partition in which a file was added or removed. */
  readonly partitions: readonly PartitionTuple[]
  readonly committedAt: string
}
