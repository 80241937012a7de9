import { changedPartitions } from './changed-partitions.ts'
import { checkForeignCommit } from './check-foreign-commit.ts'
import { describeCommitted } from './commit-changes.ts'
import {
  commitTables,
  metadataAfter,
  retryLostRaces,
  type LoadedTable,
  type TableCommit,
} from './commit-tables.ts'
import type { PartitionTuple } from '../manifests/data-file.ts'
import type { IcebergCommitOptions, IcebergWorld, TableUpdates } from '../catalog/iceberg-catalog.ts'
import type { MetadataUpdate } from '../metadata/metadata-updates.ts'
import { requireNamespace } from '../catalog/namespaces.ts'
import { refuse } from '../metadata/refuse.ts'
import type { CommittedTable } from './table-change.ts'
import { currentSnapshot } from '../metadata/table-metadata.ts'
import { notFound, requireTableName, splitName } from '../catalog/table-names.ts'
import { liesInside, newLocation, requireUnused } from '../catalog/table-places.ts'

/** Commits updates of any number of tables, all or none; see IcebergCatalog.commit. */
export async function commitUpdates(
  world: IcebergWorld,
  changes: readonly TableUpdates[],
  { properties = {}, summary = {}, within }: IcebergCommitOptions,
): Promise<readonly LoadedTable[]> {
  const names = changes.map(({ table }) => table)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    refuse(`The commit changes table '${twice}' twice. Put its updates into one change.`)
  const checked = new Set<string>()
  return retryLostRaces(world, names, async () => {
    const plans: UpdatePlan[] = []
    for (const change of changes) plans.push(await plan(change))
    const commits = plans.map(({ commit }) => commit)
    return commitTables(world, commits, async (transaction, tables) => {
      const committed = tables.flatMap((table, index) => describe(table, plans[index]!))
      if (committed.length > 0) await world.onCommit?.(transaction, committed)
      await within?.(transaction, committed, tables)
    })
  })

  async function plan({ table: name, requirements, updates }: TableUpdates): Promise<UpdatePlan> {
    const present = await world.tables.find(name)
    if (!present && !requirements.some(({ type }) => type === 'assert-create')) throw notFound('Table', name)
    const base = present ?? { name, location: await placeOf(name, updates) }
    const commit = { base, requirements, updates: withOptions(name, updates), files: [] }
    const after = metadataAfter(commit, world.clock.now())
    await checkForeignCommit(world, { before: present?.metadata ?? null, after, checked })
    return { commit, changed: await changedPartitions(world.tables, present?.metadata ?? null, after) }
  }

  async function placeOf(name: string, updates: readonly MetadataUpdate[]): Promise<string> {
    requireTableName(name)
    await requireNamespace(world.database, splitName(name).namespace)
    const chosen = updates.find((update) => update.action === 'set-location')
    if (chosen === undefined) return newLocation(world.store, world.warehouse, name)
    const location = chosen.location.replace(/\/+$/, '')
    // Outside the warehouse nothing is looked at: the check of places refuses it.
    if (liesInside(location, world.warehouse)) await requireUnused(world.store, name, location)
    return location
  }

  function withOptions(name: string, updates: readonly MetadataUpdate[]): readonly MetadataUpdate[] {
    const own = updates.map((update): MetadataUpdate => {
      if (update.action !== 'add-snapshot') return update
      const { snapshot } = update
      return { ...update, snapshot: { ...snapshot, summary: { ...summary, ...snapshot.summary } } }
    })
    const extra = properties[name]
    return extra ? [...own, { action: 'set-properties', updates: extra }] : own
  }
}

/** A table's part of the commit, and the partitions that it changes on `main`; undefined when `main` stays where it is. */
interface UpdatePlan {
  readonly commit: TableCommit
  readonly changed: readonly PartitionTuple[] | undefined
}

function describe(table: LoadedTable, { changed }: UpdatePlan): readonly CommittedTable[] {
  const snapshot = currentSnapshot(table.metadata)
  return snapshot && changed ? [describeCommitted(table, { snapshot, partitions: changed })] : []
}
