import { sql, type Sql, type TableRef } from 'nacre'

/** `reading.active_time` with `lo` and `hi`: milliseconds since 1970 by a right clock. */
export function inTrueTime(activeTime: TableRef, clocks: TableRef): Sql {
  return sql`
    select active.*, from_ms + skew_ms as lo, to_ms + skew_ms as hi
    from ${activeTime} active join ${clocks} using (day, device)`
}
