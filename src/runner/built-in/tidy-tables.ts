import type { BuiltInWork } from './built-in-jobs.ts'
import { eachTable } from './each-table.ts'

/** Merges small manifests, expires snapshots and removes the files only they had. */
export function expireSnapshots(work: BuiltInWork): Promise<void> {
  return eachTable(work, async (table) => {
    const done = await work.client.maintenance('expire', { table }, work.signal)
    if (done.manifestsMerged + done.snapshots > 0)
      work.log.info(`${table}: ${done.snapshots} snapshots expired, ${done.files} files removed`, done)
  })
}

/** Removes files that no table names. */
export function sweepOrphans(work: BuiltInWork): Promise<void> {
  return eachTable(work, async (table) => {
    const { files, sizeBytes } = await work.client.maintenance('sweep', { table }, work.signal)
    if (files > 0) work.log.info(`${table}: ${files} orphans removed`, { sizeBytes })
  })
}
