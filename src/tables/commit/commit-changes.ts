import { NacreError, uuidv7 } from '../../base/index.ts'
import type { CommitHook, CommitOptions } from '../catalog/catalog.ts'
import {
  commitTables,
  retryLostRaces,
  type CommitWorld,
  type LoadedTable,
  type TableCommit,
} from './commit-tables.ts'
import type { DataFile } from '../manifests/data-file.ts'
import { describeSnapshot } from '../catalog/describe-table.ts'
import { mapConcurrently } from './map-concurrently.ts'
import type { MetadataUpdate } from '../metadata/metadata-updates.ts'
import { contentsNeeded, planCommit } from './plan-commit.ts'
import { branchSnapshot } from '../metadata/snapshot-history.ts'
import type { SnapshotPlan } from './stage-snapshot.ts'
import { isDuplicate, offsetKey } from './stream-offsets.ts'
import type { CommittedTable, TableChange } from './table-change.ts'
import { editOf } from './table-edit.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'

/** What changing a table's rows works with. */
export interface ChangeWorld extends CommitWorld {
  readonly onCommit: CommitHook | undefined
  readonly newSnapshotId: () => number
}

/** Commits the changes of any number of tables, all or none; see Catalog.commit. */
export async function commitChanges(
  world: ChangeWorld,
  changes: readonly TableChange[],
  { properties = {}, summary = {}, branch = 'main', offsets, within }: CommitOptions,
): Promise<readonly CommittedTable[]> {
  const offset = offsets && { [offsetKey(offsets.stream)]: JSON.stringify(offsets.to) }
  const names = [
    ...new Set([
      ...changes.map(({ table }) => table),
      ...Object.keys(properties),
      ...(offsets ? [offsets.table] : []),
    ]),
  ].toSorted()
  const files = changes.flatMap((change) => change.files)
  await mapConcurrently(files, checkStored)
  return retryLostRaces(world, names, async () => {
    const commits: TableCommit[] = []
    const committed: CommittedTable[] = []
    const bases = await Promise.all(names.map((name) => world.tables.get(name)))
    const keeper = bases.find(({ name }) => name === offsets?.table)
    const isDone = offsets && keeper && isDuplicate(keeper.metadata, offsets)
    for (const base of isDone ? [] : bases) {
      const plan = await planSnapshot(
        base,
        changes.filter(({ table }) => table === base.name),
      )
      const wanted = { ...properties[base.name], ...(base === keeper ? offset : {}) }
      const updates = [...(plan?.updates ?? []), ...propertyUpdates(base.metadata, wanted)]
      if (updates.length === 0) continue
      commits.push({ base, requirements: plan?.requirements ?? [], updates, files: plan?.files ?? [] })
      if (plan) committed.push(describeCommitted(base, plan))
    }
    const hasLanded = await commitTables(world, commits, async (transaction) => {
      // Jobs become due and feeds go out where the current rows change: not on a branch, and not by compaction.
      const news = committed.filter((one) => branch === 'main' && one.summary['operation'] !== 'replace')
      if (news.length > 0) await world.onCommit?.(transaction, news)
      await within?.(transaction, committed)
    })
    return hasLanded ? committed : undefined
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
    const list = await world.tables.manifests(table, branchSnapshot(metadata, branch))
    const needed = contentsNeeded(metadata, list, edit)
    const live = await mapConcurrently(list, async (listed) => ({
      listed,
      content: needed.has(listed) ? await world.tables.manifest(listed) : undefined,
    }))
    const nowMs = world.clock.now()
    const inputs = { snapshotId: world.newSnapshotId(), commitId: uuidv7(nowMs), nowMs, branch }
    return planCommit(metadata, live, edit, { ...inputs, summary: { ...summary, ...offset } })
  }
}

function propertyUpdates(
  { properties }: TableMetadata,
  wanted: Readonly<Record<string, string>> = {},
): readonly MetadataUpdate[] {
  const isNew = Object.entries(wanted).some(([key, value]) => properties[key] !== value)
  return isNew ? [{ action: 'set-properties', updates: wanted }] : []
}

/** What a plan makes of a table. */
export function describeCommitted(
  { name, metadata }: LoadedTable,
  plan: Pick<SnapshotPlan, 'snapshot' | 'partitions'>,
): CommittedTable {
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
