import { commitTables, retryLostRaces } from '../commit/commit-tables.ts'
import type { MetadataUpdate } from '../metadata/metadata-updates.ts'
import { findReaders } from '../scan/reader-registrations.ts'
import { deleteFiles, isInside } from './delete-files-inside.ts'
import type { ChangeWorld } from '../commit/commit-changes.ts'
import { idsOf, planExpiry, type ExpiryPlan } from './plan-expiry.ts'
import { filesOnlyOf } from './reachable-files.ts'
import { refuseWhenRead } from './refuse-when-read.ts'
import type { ExpiryOptions, ExpiryReport } from './table-maintenance.ts'

/** See TableMaintenance.expireSnapshots. */
export async function expireSnapshots(
  world: ChangeWorld,
  name: string,
  options: ExpiryOptions = {},
): Promise<ExpiryReport> {
  const { base, plan } = await retryLostRaces(world, [name], async () => {
    const table = await world.tables.get(name)
    const uuid = table.metadata['table-uuid']
    const held = (await findReaders(world.database, uuid)).map(({ snapshotId }) => snapshotId)
    const found = planExpiry(table.metadata, held, { ...options, nowMs: world.clock.now() })
    const updates = updatesOf(found)
    const commits =
      options.dryRun || updates.length === 0 ? [] : [{ base: table, requirements: [], updates, files: [] }]
    const hasLanded = await commitTables(world, commits, (transaction) =>
      refuseWhenRead(transaction, uuid, found.snapshots),
    )
    return hasLanded ? { base: table, plan: found } : undefined
  })
  const gone = plan.snapshots
  const left = base.metadata.snapshots.filter((snapshot) => !gone.includes(snapshot))
  const files = (await filesOnlyOf(world.tables, base, { gone, left })).filter((uri) => isInside(base, uri))
  if (!options.dryRun) await deleteFiles(world, base, files)
  return { snapshotIds: idsOf(gone).map(String), refs: plan.refs, files }
}

function updatesOf({ snapshots, refs }: ExpiryPlan): readonly MetadataUpdate[] {
  return [
    ...refs.map((ref): MetadataUpdate => ({ action: 'remove-snapshot-ref', 'ref-name': ref })),
    ...(snapshots.length === 0
      ? []
      : [{ action: 'remove-snapshots', 'snapshot-ids': idsOf(snapshots) } as const]),
  ]
}
