import { uuidv7 } from '../../base/index.ts'
import { commitTables, retryLostRaces, type LoadedTable } from '../commit/commit-tables.ts'
import { mapConcurrently } from '../commit/map-concurrently.ts'
import { mergeManifests } from '../commit/merge-manifests.ts'
import { summarizeSnapshot } from '../commit/snapshot-summary.ts'
import { stageSnapshot, type SnapshotPlan } from '../commit/stage-snapshot.ts'
import { currentSnapshot } from '../metadata/table-metadata.ts'
import type { ChangeWorld } from '../commit/commit-changes.ts'
import type { MergeOptions, MergeReport } from './table-maintenance.ts'

/** See TableMaintenance.mergeManifests. */
export function mergeTableManifests(
  world: ChangeWorld,
  name: string,
  { dryRun = false, summary = {} }: MergeOptions = {},
): Promise<MergeReport> {
  return retryLostRaces(world, [name], async () => {
    const base = await world.tables.get(name)
    const list = await world.tables.manifests(base, currentSnapshot(base.metadata))
    const plan = await planManifests(world, base, {
      summary,
      isWorth: (before, after) => before >= 2 * after,
    })
    const report = {
      manifestsBefore: list.length,
      manifestsAfter: plan?.manifests ?? list.length,
      snapshotId: null,
    }
    if (dryRun || plan === undefined) return report
    const { requirements, updates, files, snapshot } = plan.snapshot
    if (!(await commitTables(world, [{ base, requirements, updates, files }]))) return undefined
    return { ...report, snapshotId: String(snapshot['snapshot-id']) }
  })
}

/** Plans a snapshot of the same files under manifests written anew, without the entries of files removed earlier; undefined when it is not worth it. */
export async function planManifests(
  world: ChangeWorld,
  { name, metadata }: LoadedTable,
  options: {
    isWorth: (before: number, after: number) => boolean
    summary: Readonly<Record<string, string>>
  },
): Promise<{ readonly manifests: number; readonly snapshot: SnapshotPlan } | undefined> {
  const parent = currentSnapshot(metadata)
  if (parent === null) return undefined
  const list = await world.tables.manifests({ name, metadata, metadataLocation: '' }, parent)
  const data = list.filter(({ content }) => content === 0)
  const deletes = list.filter(({ content }) => content !== 0)
  const merged = mergeManifests(await mapConcurrently(data, (listed) => world.tables.manifest(listed)))
  if (!options.isWorth(data.length, merged.length)) return undefined
  const nowMs = world.clock.now()
  const snapshot = stageSnapshot(
    metadata,
    {
      parent,
      manifests: merged,
      kept: deletes,
      partitions: [],
      summarize: (after) =>
        summarizeSnapshot({
          parent,
          added: [],
          removed: [],
          keepsRows: true,
          list: after,
          extra: {
            ...options.summary,
            'manifests-created': String(merged.length),
            'manifests-replaced': String(data.length),
          },
        }),
    },
    { snapshotId: world.newSnapshotId(), commitId: uuidv7(nowMs), nowMs, branch: 'main', summary: {} },
  )
  return { manifests: merged.length + deletes.length, snapshot }
}
