import { sql, type Sql } from '../sql/index.ts'
import { distinctInteractions, exact } from './interactions.ts'

/** How neighbours of items are found. */
export interface AlsoReadOptions {
  /** How many others are kept per item. Default 20. */
  readonly neighbours?: number
  /** Pairs with fewer readers in common are chance. Default 2. */
  readonly minReaders?: number
  /** Only so many of a reader's items count, the heaviest: work grows with the square of it. Default 500. */
  readonly itemsPerReader?: number
}

/**
 * 'Readers of this also read': for each item the others that most of its readers share, by the cosine of the two items' readers.
 * Gives the columns `item`, `other`, `score` (0 to 1), `readers_in_common`, `rank` (from 1; ties by `other`).
 * @param interactions a query with the columns `reader`, `item`, `weight`.
 * @example await writes.alsoRead.replace(alsoRead(sql`select reader, book as item, 1 as weight from ${reads.progress}`))
 */
export function alsoRead(interactions: Sql, options: AlsoReadOptions = {}): Sql {
  const { neighbours = 20, minReaders = 2, itemsPerReader = 500 } = options
  return sql`
with weighed as (${distinctInteractions(interactions)}),
ordered as (
  select *, row_number() over (partition by reader order by weight desc, item) as place from weighed
),
kept as (select reader, item, weight from ordered where place <= ${itemsPerReader}),
lengths as (select item, sqrt(sum(${exact(sql`weight * weight`)})) as length from kept group by item),
pairs as (
  select one.item, two.item as other, count(*) as readers_in_common, sum(${exact(sql`one.weight * two.weight`)}) as product
  from kept one join kept two on one.reader = two.reader and one.item < two.item
  group by one.item, two.item having count(*) >= ${minReaders}
),
mirrored as (
  select item, other, readers_in_common, product from pairs
  union all select other, item, readers_in_common, product from pairs
),
scored as (
  select item, other, cast(product as double) / (one.length * two.length) as score, readers_in_common
  from mirrored join lengths one using (item) join lengths two on two.item = mirrored.other
),
ranked as (select *, row_number() over (partition by item order by score desc, other) as rank from scored)
select item, other, score, readers_in_common, rank from ranked where rank <= ${neighbours}`
}
