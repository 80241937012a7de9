import { NacreError } from '../base/index.ts'
import { identifier, joinSql, quoteString, rawSql, sql, type Sql } from '../sql/index.ts'
import { isDay, nextDay } from './days.ts'
import type { DayPartitions, PartitionSet } from './job-definition.ts'

/**
 * Cuts a job's work into UTC days, from the day `from` on.
 * @param options.perRun Days one run may take at most, oldest first; 1 to 366, default 1.
 */
export function dayPartitions(options: { from: string; perRun?: number }): DayPartitions {
  return { kind: 'day', from: options.from, perRun: options.perRun ?? 1 }
}

/** The set of these days, sorted and without doubles. Throws NACRE_INPUT for a text that is no day. */
export function partitionSet(days: readonly string[]): PartitionSet {
  const wrong = days.find((day) => !isDay(day))
  if (wrong !== undefined)
    throw new NacreError('NACRE_INPUT', `'${wrong}' is not a day; write YYYY-MM-DD, such as '2026-01-31'.`)
  const sorted = [...new Set(days)].toSorted()
  return { days: sorted, where: (column) => whereDays(identifier(column), sorted) }
}

/**
 * A range lets the engine prune files and row groups; inside it, gaps are cut out by half-open ranges of days. `date` literals are cast
 * to the column's type, never the column to theirs; for `timestamptz` that is right as Nacre's engines run in UTC.
 */
function whereDays(column: Sql, days: readonly string[]): Sql {
  if (days.length === 0) return rawSql('false')
  const ranges = consecutive(days).map(
    ({ first, last }) =>
      sql`(${column} >= ${dateLiteral(first)} and ${column} < ${dateLiteral(nextDay(last))})`,
  )
  if (ranges.length === 1) return ranges[0]!
  const whole = sql`${column} >= ${dateLiteral(days[0]!)} and ${column} < ${dateLiteral(nextDay(days.at(-1)!))}`
  return sql`(${whole} and (${joinSql(ranges, ' or ')}))`
}

function dateLiteral(day: string): Sql {
  return rawSql(`date ${quoteString(day)}`)
}

function consecutive(days: readonly string[]): { first: string; last: string }[] {
  const ranges: { first: string; last: string }[] = []
  for (const day of days) {
    const open = ranges.at(-1)
    if (open !== undefined && nextDay(open.last) === day) open.last = day
    else ranges.push({ first: day, last: day })
  }
  return ranges
}
