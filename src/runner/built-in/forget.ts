import { NacreError } from '../../base/index.ts'
import { identifier, sql } from '../../sql/index.ts'
import type { ErasedTable, RewriteGroup } from '../../jobs/index.ts'
import type { BuiltInWork } from './built-in-jobs.ts'

/**
 * Erases people's rows: from every table that says whose rows it holds, files are rewritten without them, what could still bring
 * them back is removed, and all that can be read is searched for them. Begun again after a failure it goes on where rows are left.
 */
export async function forget(work: BuiltInWork): Promise<void> {
  const { client, log, signal } = work
  const { erasures } = await client.maintenance('erasures', {}, signal)
  if (erasures.length === 0) log.info("Nobody asked to be forgotten; ask with 'nacre forget --user <id>'.")
  for (const { id, user } of erasures) {
    const { tables: subjects } = await client.maintenance('subjects', {}, signal)
    const tables: ErasedTable[] = []
    for (const subject of subjects) tables.push(await eraseFrom(work, { erasure: id, user, ...subject }))
    await client.maintenance('erasure-done', { erasure: id, tables }, signal)
    const rows = tables.reduce((sum, table) => sum + table.rows, 0)
    log.info(`${rows} rows erased from ${tables.length} tables; none is left`, { erasure: id })
  }
}

interface Subject {
  readonly erasure: string
  readonly user: string
  readonly table: string
  readonly column: string
}

async function eraseFrom(work: BuiltInWork, subject: Subject): Promise<ErasedTable> {
  const { client, log, signal } = work
  const { erasure, table, column } = subject
  const { groups } = await client.maintenance('erasure-plan', { erasure, table }, signal)
  let rows = 0
  for (const group of groups) rows += await rewriteWithout(work, subject, group)
  const { scans, ...purged } = await client.maintenance('purge', { erasure, table }, signal)
  let rowsLeft = 0
  for (const scan of scans) {
    await work.engine.attach(scan)
    rowsLeft += await countRows(work, subject)
  }
  log.info(`${table}: ${rows} rows erased, ${rowsLeft} left in ${scans.length} snapshots`, purged)
  if (rowsLeft > 0)
    throw new NacreError(
      'NACRE_CHECK_FAILED',
      `${table} still holds ${rowsLeft} rows of the person after they were erased; they may have come meanwhile. Run the job again.`,
    )
  return { table, column, rows, rowsLeft, ...purged }
}

async function rewriteWithout(
  work: BuiltInWork,
  subject: Subject,
  { scan, target, removes }: RewriteGroup,
): Promise<number> {
  const { client, engine, signal } = work
  const { table, column, user } = subject
  await engine.attach(scan)
  const rows = await countRows(work, subject)
  if (rows === 0) return 0
  const kept = sql`select * from ${{ kind: 'table-ref', name: table }} where cast(${identifier(column)} as varchar) is distinct from ${user}`
  const files = await engine.write(target, kept, { signal })
  await client.maintenance(
    'replace-files',
    { change: { kind: 'delete-rows', table, basedOn: scan.snapshotId!, removes, files } },
    signal,
  )
  return rows
}

async function countRows({ engine, signal }: BuiltInWork, { table, column, user }: Subject): Promise<number> {
  const [found] = await engine.rows<{ rows: number | bigint }>(
    sql`select count(*) as rows from ${{ kind: 'table-ref', name: table }} where cast(${identifier(column)} as varchar) = ${user}`,
    { signal },
  )
  return Number(found!.rows)
}
