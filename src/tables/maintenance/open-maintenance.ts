import type { ChangeWorld } from '../commit/commit-changes.ts'
import { finishErasure, planErasure } from './erase-rows.ts'
import { expireSnapshots } from './expire-snapshots.ts'
import { mergeTableManifests } from './merge-table-manifests.ts'
import { planCompaction } from './plan-compaction.ts'
import { sweepOrphans } from './sweep-orphans.ts'
import type { TableMaintenance } from './table-maintenance.ts'

/** Opens the maintenance of a catalog's tables. */
export function openMaintenance(world: ChangeWorld): TableMaintenance {
  return {
    planCompaction: async (table, options) => planCompaction(world, await world.tables.get(table), options),
    mergeManifests: (table, options) => mergeTableManifests(world, table, options),
    expireSnapshots: (table, options) => expireSnapshots(world, table, options),
    sweepOrphans: (table, options) => sweepOrphans(world, table, options),
    planErasure: (table, subject) => planErasure(world, table, subject),
    finishErasure: (table, subject, options) => finishErasure(world, table, subject, options),
  }
}
