import { countOf, NacreError, toNacreError } from '../../base/index.ts'
import { identifier, sql } from '../../sql/index.ts'
import type { ErasedTable, RewriteGroup } from '../../jobs/index.ts'
import type { ScanFile, ScanPlan } from '../../tables/index.ts'
import type { BuiltInWork } from './built-in-jobs.ts'
import { eachInTurn } from './each-table.ts'

/** How often all tables are gone through for one person, and how long a table that is held is waited for. */
const maxPasses = 30
const heldMs = 5000

/**
 * Erases people's rows: from every table that says whose rows it holds, files are rewritten without them, what could still bring
 * them back is removed, and all that can be read is searched for them. Jobs may meanwhile derive rows anew from a table whose turn
 * has yet to come, so the tables are gone through until a whole pass finds nothing.
 */
export async function forget(work: BuiltInWork): Promise<void> {
  const { client, log, signal } = work
  const { erasures } = await client.maintenance('erasures', {}, signal)
  if (erasures.length === 0) log.info("Nobody asked to be forgotten; ask with 'nacre forget --user <id>'.")
  await eachInTurn(work, erasures, async ({ id, user }) => {
    const tables = await eraseEverywhere(work, user)
    await client.maintenance('erasure-done', { erasure: id, tables }, signal)
    const rows = tables.reduce((sum, table) => sum + table.rows, 0)
    log.info(`${countOf(rows, 'row')} erased from ${countOf(tables.length, 'table')}; none is left`, {
      erasure: id,
    })
  })
}

/** A table that cannot be erased from keeps no other waiting; what is wrong with it is thrown once all others are done. */
async function eraseEverywhere(work: BuiltInWork, user: string): Promise<readonly ErasedTable[]> {
  const erased = new Map<string, ErasedTable>()
  for (let pass = 1; ; pass++) {
    const { tables } = await work.client.maintenance('subjects', {}, work.signal)
    let isClean = true
    const problems: unknown[] = []
    for (const subject of tables) {
      try {
        const now = await eraseFrom(work, { user, ...subject })
        erased.set(subject.table, addTo(erased.get(subject.table), now))
        if (now.rows + now.snapshotsExpired > 0) isClean = false
      } catch (thrown) {
        if (work.signal.aborted) throw thrown
        const { message } = toNacreError(thrown)
        if (isHeld(thrown)) work.log.info(`${subject.table} waits: ${message}`)
        else work.log.error(`${subject.table}: ${message}`)
        problems.push(thrown)
      }
    }
    const isHeldUp = problems.some(isHeld)
    if (isClean && !isHeldUp) {
      if (problems.length > 0) throw problems[0]
      return [...erased.values()]
    }
    if (pass === maxPasses) throw problems[0] ?? comingBack()
    if (isHeldUp) await work.clock.sleep(heldMs, work.signal)
  }
}

function comingBack(): NacreError {
  return new NacreError(
    'NACRE_CHECK_FAILED',
    `Rows of the person came again and again, ${maxPasses} times. Pause the jobs that write them, then run the job again.`,
  )
}

/** A run that reads the table ends, and so does a commit that came between. */
function isHeld(thrown: unknown): boolean {
  return (
    thrown instanceof NacreError &&
    ['NACRE_CONFLICT', 'NACRE_COMMIT_CONFLICT', 'NACRE_CHECK_FAILED'].includes(thrown.code)
  )
}

function addTo(before: ErasedTable | undefined, now: ErasedTable): ErasedTable {
  if (before === undefined) return now
  return {
    ...now,
    rows: before.rows + now.rows,
    snapshotsExpired: before.snapshotsExpired + now.snapshotsExpired,
    filesRemoved: before.filesRemoved + now.filesRemoved,
    exportsRemoved: before.exportsRemoved + now.exportsRemoved,
  }
}

interface Subject {
  readonly user: string
  readonly table: string
  readonly column: string
}

async function eraseFrom(work: BuiltInWork, subject: Subject): Promise<ErasedTable> {
  const { client, log, signal } = work
  const { user, table, column } = subject
  const group = await client.maintenance('erasure-plan', { user, table }, signal)
  const rows = group.scan.files.length === 0 ? 0 : await rewriteWithout(work, subject, group)
  const { scans, ...purged } = await client.maintenance('purge', { user, table }, signal)
  let rowsLeft = 0
  for (const scan of scans) {
    await work.engine.attach(scan)
    rowsLeft += await countRows(work, subject)
  }
  if (rows + rowsLeft + purged.snapshotsExpired > 0)
    log.info(
      `${table}: ${countOf(rows, 'row')} erased, ${rowsLeft} left in ${countOf(scans.length, 'snapshot')}`,
      purged,
    )
  if (rowsLeft > 0)
    throw new NacreError(
      'NACRE_CHECK_FAILED',
      `${table} still holds ${countOf(rowsLeft, 'row')} of the person after an erasure; what was written meanwhile may be why. Run the job again.`,
    )
  return { table, column, rows, rowsLeft, ...purged }
}

/** Writes the files that hold rows of the person anew, without them; gives the number of rows that went. */
async function rewriteWithout(
  work: BuiltInWork,
  subject: Subject,
  { scan, target }: RewriteGroup,
): Promise<number> {
  const { client, engine, signal } = work
  const { table, column, user } = subject
  const holding = await filesHolding(work, subject, scan)
  if (holding.length === 0) return 0
  const part = { ...scan, files: holding }
  await engine.attach(part)
  const rows = await countRows(work, subject)
  const kept = sql`select * from ${{ kind: 'table-ref', name: table }} where cast(${identifier(column)} as varchar) is distinct from ${user}`
  const files = await engine.write(target, kept, { signal })
  const removes = holding.map(({ path }) => path)
  await client.maintenance(
    'replace-files',
    { change: { kind: 'delete-rows', table, basedOn: scan.snapshotId!, removes, files } },
    signal,
  )
  return rows
}

/** Those of a plan's files in which the person has rows, or had: rows deleted by delete files still stand in them. Halves the plan until it knows. */
async function filesHolding(work: BuiltInWork, subject: Subject, scan: ScanPlan): Promise<ScanFile[]> {
  const { files } = scan
  const [first] = files
  if (first === undefined) return []
  if (files.length === 1 && (first.deletes?.length ?? 0) > 0) return [first]
  await work.engine.attach(scan)
  const hasDeletes = files.some(({ deletes }) => (deletes?.length ?? 0) > 0)
  if (!hasDeletes && (await countRows(work, subject)) === 0) return []
  if (files.length === 1) return [first]
  const middle = files.length >> 1
  const halves = [files.slice(0, middle), files.slice(middle)]
  const found: ScanFile[] = []
  for (const half of halves) found.push(...(await filesHolding(work, subject, { ...scan, files: half })))
  return found
}

async function countRows({ engine, signal }: BuiltInWork, { table, column, user }: Subject): Promise<number> {
  const [found] = await engine.rows<{ rows: number | bigint }>(
    sql`select count(*) as rows from ${{ kind: 'table-ref', name: table }} where cast(${identifier(column)} as varchar) = ${user}`,
    { signal },
  )
  return Number(found!.rows)
}
