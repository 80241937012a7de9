import { NacreError } from '../../base/index.ts'
import type { Queryable, Transaction } from '../../database/index.ts'
import type { Snapshot } from '../table-metadata.ts'
import type { MaintenanceWorld } from './open-maintenance.ts'

/** Who reads a table on from a snapshot, by name. */
export interface HeldSnapshot {
  readonly name: string
  readonly snapshotId: string
}

/** Gives the snapshots of a table that readers are at. */
export type FindReaders = (database: Queryable, tableUuid: string) => Promise<readonly HeldSnapshot[]>

/** Throws NACRE_COMMIT_CONFLICT when a reader has registered at one of the snapshots that are about to go. */
export async function checkReaders(
  world: MaintenanceWorld,
  transaction: Transaction,
  tableUuid: string,
  gone: readonly Snapshot[],
): Promise<void> {
  const ids = new Set(gone.map((snapshot) => String(snapshot['snapshot-id'])))
  const reader = (await world.readers(transaction, tableUuid)).find(({ snapshotId }) => ids.has(snapshotId))
  if (reader)
    throw new NacreError(
      'NACRE_COMMIT_CONFLICT',
      `Reader '${reader.name}' has just registered at snapshot ${reader.snapshotId}. Run the expiry again.`,
    )
}
