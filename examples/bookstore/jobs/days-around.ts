import { identifier, joinSql, rawSql, sql, type PartitionSet } from 'nacre'

const dayMs = 86_400_000

/** The days of a run and so many days before and after each. */
export function daysAround(partition: PartitionSet, reach: number): PartitionSet {
  const offsets = Array.from({ length: 2 * reach + 1 }, (_, index) => (index - reach) * dayMs)
  const days = new Set(
    partition.days.flatMap((day) =>
      offsets.map((offset) => new Date(Date.parse(day) + offset).toISOString().slice(0, 10)),
    ),
  )
  const literals = joinSql([...days].map((day) => rawSql(`date '${day}'`)))
  return {
    days: [...days].toSorted(),
    where: (column) => sql`cast(${identifier(column)} as date) in (${literals})`,
  }
}
