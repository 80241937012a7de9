import { countOf, toNacreError } from '../../base/index.ts'
import { sql } from '../../sql/index.ts'
import type { BuiltInWork } from './built-in-jobs.ts'
import { eachTable } from './each-table.ts'

/** Rewrites what is due for it, group by group; each group is committed by itself, so little is lost when the job is killed. */
export function compactTables(work: BuiltInWork): Promise<void> {
  const { client, engine, log, signal } = work
  return eachTable(work, async (table) => {
    const { groups } = await client.maintenance('compaction', { table }, signal)
    for (const { scan, target } of groups) {
      const removes = scan.files.map(({ path }) => path)
      await engine.attach(scan)
      const rows = sql`select * from ${{ kind: 'table-ref', name: table }}`
      const files = await engine.write(target, rows, { signal })
      try {
        await client.maintenance(
          'replace-files',
          { change: { kind: 'rewrite', table, basedOn: scan.snapshotId!, removes, files } },
          signal,
        )
        log.info(`${table}: ${countOf(removes.length, 'file')} became ${files.length}`)
      } catch (thrown) {
        const { code, message } = toNacreError(thrown)
        if (code !== 'NACRE_COMMIT_CONFLICT') throw thrown
        // What was written becomes orphans; the next run plans anew.
        log.warn(`${table}: left for the next run: ${message}`)
      }
    }
  })
}
