import type { FileReplacement, ScanPlan, WriteTarget } from '../tables/index.ts'

/** The app that the platform brings: maintenance of tables. Nobody else deploys under its name. */
export const builtInAppName = 'nacre'

/** Files of one table to be read, and where what is to stay of them is written; then they go. */
export interface RewriteGroup {
  readonly scan: ScanPlan
  readonly target: WriteTarget
}

/** How somebody's rows were erased from one table. */
export interface ErasedTable {
  readonly table: string
  readonly column: string
  readonly rows: number
  /** Of all the table's data that can still be read; 0 proves the erasure. */
  readonly rowsLeft: number
  readonly snapshotsExpired: number
  readonly filesRemoved: number
  readonly exportsRemoved: number
}

/**
 * What the jobs of the platform's own app ask of it: `POST /api/v1/attempts/:id/maintenance/<step>`, with the attempt's token.
 * Any other app's attempt is refused.
 */
export interface MaintenanceSteps {
  tables: { request: object; reply: { readonly tables: readonly string[] } }
  compaction: { request: { readonly table: string }; reply: { readonly groups: readonly RewriteGroup[] } }
  'replace-files': { request: { readonly change: FileReplacement }; reply: object }
  expire: {
    request: { readonly table: string }
    reply: { readonly manifestsMerged: number; readonly snapshots: number; readonly files: number }
  }
  sweep: {
    request: { readonly table: string }
    reply: { readonly files: number; readonly sizeBytes: number }
  }
  /** Erasures that somebody asked for and that are not yet done. */
  erasures: {
    request: object
    reply: { readonly erasures: readonly { readonly id: string; readonly user: string }[] }
  }
  /** Tables that say whose rows they hold, with the column that says it. */
  subjects: {
    request: object
    reply: { readonly tables: readonly { readonly table: string; readonly column: string }[] }
  }
  /** The files that may hold a person's rows. Throws NACRE_CONFLICT when a branch, tag or reader holds a snapshot in which they are. */
  'erasure-plan': { request: { readonly user: string; readonly table: string }; reply: RewriteGroup }
  /** Expires every snapshot that still holds the rows, and removes files, manifests and exports with them. */
  purge: {
    request: { readonly user: string; readonly table: string }
    reply: Pick<ErasedTable, 'snapshotsExpired' | 'filesRemoved' | 'exportsRemoved'> & {
      /** All that can still be read of the table, one plan for each snapshot. */
      readonly scans: readonly ScanPlan[]
    }
  }
  'erasure-done': {
    request: { readonly erasure: string; readonly tables: readonly ErasedTable[] }
    reply: object
  }
}

export type MaintenanceStep = keyof MaintenanceSteps
