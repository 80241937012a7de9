import { NacreError } from '../../base/index.ts'
import type { Transaction } from '../../database/index.ts'
import { findReaders } from '../scan/reader-registrations.ts'
import type { Snapshot } from '../metadata/table-metadata.ts'

/**
 * Throws NACRE_COMMIT_CONFLICT when a reader has registered at one of the snapshots that are about to go. To be called in the
 * transaction that removes them, once the table's row is changed.
 */
export async function refuseWhenRead(
  transaction: Transaction,
  tableUuid: string,
  gone: readonly Snapshot[],
): Promise<void> {
  const ids = new Set(gone.map((snapshot) => String(snapshot['snapshot-id'])))
  const found = (await findReaders(transaction, tableUuid)).find(({ snapshotId }) => ids.has(snapshotId))
  if (found)
    throw new NacreError(
      'NACRE_COMMIT_CONFLICT',
      `Reader '${found.reader}' has just registered at snapshot ${found.snapshotId}. Run the expiry again.`,
    )
}
