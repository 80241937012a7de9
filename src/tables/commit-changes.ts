import { NacreError, uuidv7 } from '../base/index.ts'
import type { CommitHook, CommitOptions } from './catalog.ts'
import {
  commitTables,
  retryLostRaces,
  type CommitWorld,
  type LoadedTable,
  type TableCommit,
} from './commit-tables.ts'
import type { DataFile } from './data-file.ts'
import { describeSnapshot } from './describe-table.ts'
import { mapConcurrently } from './map-concurrently.ts'
import type { MetadataUpdate } from './metadata-updates.ts'
import { contentsNeeded, planCommit, type SnapshotPlan } from './plan-commit.ts'
import type { CommittedTable, TableChange } from './table-change.ts'
import { editOf } from './table-edit.ts'
import { currentSnapshot, type TableMetadata } from './table-metadata.ts'

/** Commits the changes of any number of tables, all or none; see Catalog.commit. */
export async function commitChanges(
  world: CommitWorld & { readonly onCommit: CommitHook | undefined; readonly newSnapshotId: () => number },
  changes: readonly TableChange[],
  { properties = {}, summary = {}, within }: CommitOptions,
): Promise<readonly CommittedTable[]> {
  const names = [...new Set([...changes.map(({ table }) => table), ...Object.keys(properties)])].toSorted()
  const files = changes.flatMap((change) => change.files)
  await mapConcurrently(files, checkStored)
  return retryLostRaces(world, names, async () => {
    const commits: TableCommit[] = []
    const committed: CommittedTable[] = []
    for (const name of names) {
      const base = await world.tables.get(name)
      const plan = await planSnapshot(
        base,
        changes.filter(({ table }) => table === name),
      )
      const updates = [...(plan?.updates ?? []), ...propertyUpdates(base.metadata, properties[name])]
      if (updates.length === 0) continue
      commits.push({ base, requirements: plan?.requirements ?? [], updates, files: plan?.files ?? [] })
      if (plan) committed.push(describeCommitted(base, plan))
    }
    const isDone = await commitTables(world, commits, async (transaction) => {
      if (committed.length > 0) await world.onCommit?.(transaction, committed)
      await within?.(transaction, committed)
    })
    return isDone ? committed : undefined
  })

  /** A commit that names a file which is absent or cut short would make the table unreadable. */
  async function checkStored(file: DataFile): Promise<void> {
    const sizeBytes = await world.store.settle(file.path)
    if (sizeBytes !== file.sizeBytes)
      throw new NacreError(
        'NACRE_INPUT',
        `File ${file.path} has ${sizeBytes} bytes, not ${file.sizeBytes} as the commit says. Write it again.`,
      )
  }

  async function planSnapshot(
    table: LoadedTable,
    tableChanges: readonly TableChange[],
  ): Promise<SnapshotPlan | undefined> {
    const { metadata } = table
    const edit = editOf(metadata, tableChanges)
    const list = await world.tables.manifests(table, currentSnapshot(metadata))
    const needed = contentsNeeded(metadata, list, edit)
    const live = await mapConcurrently(list, async (listed) => ({
      listed,
      content: needed.has(listed) ? await world.tables.manifest(listed) : undefined,
    }))
    const nowMs = world.clock.now()
    const snapshotId = world.newSnapshotId()
    return planCommit(metadata, live, edit, { snapshotId, commitId: uuidv7(nowMs), nowMs, summary })
  }
}

function propertyUpdates(
  { properties }: TableMetadata,
  wanted: Readonly<Record<string, string>> = {},
): readonly MetadataUpdate[] {
  const isNew = Object.entries(wanted).some(([key, value]) => properties[key] !== value)
  return isNew ? [{ action: 'set-properties', updates: wanted }] : []
}

function describeCommitted({ name, metadata }: LoadedTable, plan: SnapshotPlan): CommittedTable {
  const { snapshotId, sequenceNumber, summary, committedAt } = describeSnapshot(plan.snapshot)
  const tableUuid = metadata['table-uuid']
  return {
    table: name,
    tableUuid,
    snapshotId,
    sequenceNumber,
    summary,
    partitions: plan.partitions,
    committedAt,
  }
}
