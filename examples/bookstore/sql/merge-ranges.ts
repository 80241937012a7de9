import { sql, type Sql } from 'nacre'

/**
 * Unites ranges that overlap or touch, per key: a set of ranges in its one normal form. Uniting is commutative, associative
 * and idempotent, so neither order, nor repetition, nor the way the ranges came in batches changes the result.
 *
 * @param ranges A query of `key` (a struct), `lo` and `hi`; a range holds `lo` and ends before `hi`.
 * @param gap Ranges no further apart than this are united too.
 * @returns A query of `key`, `lo` and `hi`.
 */
export function mergeRanges(ranges: Sql, gap: number = 0): Sql {
  return sql`
    select key, min(lo) as lo, max(hi) as hi
    from (
      select *, sum(case when lo <= reached + ${gap} then 0 else 1 end) over (
        partition by key order by lo, hi rows unbounded preceding
      ) as island
      from (
        select *, max(hi) over (
          partition by key order by lo, hi rows between unbounded preceding and 1 preceding
        ) as reached
        from (select distinct key, lo, hi from (${ranges}))
      )
    )
    group by key, island`
}
