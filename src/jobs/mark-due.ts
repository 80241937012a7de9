import type { Queryable, Transaction } from '../database/index.ts'
import type { CommittedTable } from '../tables/index.ts'
import { isDay, utcDay } from './days.ts'
import { insertDueMarks, type DueMark } from './due-marks.ts'

interface Listener {
  readonly app: string
  readonly job: string
  readonly source: string
  /** First day of its partitions; null without partitions. */
  readonly from: string | null
}

/**
 * Makes every job due that listens to one of the committed tables: with day partitions for the touched days, else once. To be
 * called inside the transaction of each commit; wake the scheduler after it.
 */
export async function markDue(transaction: Transaction, committed: readonly CommittedTable[]): Promise<void> {
  const listeners = await findListeners(
    transaction,
    'table',
    committed.map(({ table }) => table),
  )
  const marks = committed.flatMap((commit): DueMark[] =>
    listeners
      .filter(({ source }) => source === commit.table)
      .flatMap(({ app, job, from }) =>
        keysFor(from, touchedDays(commit)).map((key) => ({
          app,
          job,
          key,
          cause: `commit of ${commit.table}`,
          markedAt: new Date(commit.committedAt),
        })),
      ),
  )
  await insertDueMarks(transaction, marks)
}

/** What a job must redo when these days changed: the days from `from` on, or '' for a job without partitions. */
export function keysFor(from: string | null, days: readonly string[]): string[] {
  return from === null ? [''] : days.filter((day) => day >= from)
}

/** The days whose files a commit added or removed; for a table without day partitions the day of the commit. */
function touchedDays({ partitions, committedAt }: CommittedTable): string[] {
  const days = partitions.flatMap((tuple) =>
    Object.values(tuple).flatMap((value) => (typeof value === 'string' && isDay(value) ? [value] : [])),
  )
  return days.length > 0 ? [...new Set(days)] : [utcDay(new Date(committedAt))]
}

/** Jobs that listen to tables or to jobs of these names. */
export async function findListeners(
  queryable: Queryable,
  kind: 'table' | 'job',
  names: readonly string[],
): Promise<Listener[]> {
  return queryable.query<Listener>(
    `select source.app, source.job, source.name as source, job.manifest -> 'partitions' ->> 'from' as "from"
     from job_source source join job on job.app = source.app and job.name = source.job
     where source.kind = $1 and source.name = any($2::text[])`,
    [kind, names],
  )
}
