import { sql, type Sql } from '../sql/index.ts'

/**
 * One row per reader and item of what may repeat them: `interactions` is any query with the columns `reader`, `item` and
 * `weight`, a positive number (1 for 'has read'). The heaviest repetition counts.
 */
export function distinctInteractions(interactions: Sql): Sql {
  return sql`select reader, item, max(weight) as weight from (${interactions}) given group by reader, item`
}

// Sums are taken over decimals: a sum of doubles depends on the order of rows, and so would ties.

/** A number as a decimal that sums exactly. */
export function exact(expression: Sql): Sql {
  return sql`cast(${expression} as decimal(27, 12))`
}
