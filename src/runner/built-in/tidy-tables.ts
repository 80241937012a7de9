import { countOf } from '../../base/index.ts'
import type { BuiltInWork } from './built-in-jobs.ts'
import { eachTable } from './each-table.ts'

/** Merges small manifests, expires snapshots and removes the files only they had. */
export function expireSnapshots(work: BuiltInWork): Promise<void> {
  return eachTable(work, async (table) => {
    const done = await work.client.maintenance('expire', { table }, work.signal)
    if (done.manifestsMerged + done.snapshots > 0)
      work.log.info(
        `${table}: ${countOf(done.snapshots, 'snapshot')} expired, ${countOf(done.files, 'file')} removed`,
        done,
      )
  })
}

/** Removes files that no table names. */
export function sweepOrphans(work: BuiltInWork): Promise<void> {
  return eachTable(work, async (table) => {
    const { files, sizeBytes } = await work.client.maintenance('sweep', { table }, work.signal)
    if (files > 0) work.log.info(`${table}: ${countOf(files, 'orphan')} removed`, { sizeBytes })
  })
}
