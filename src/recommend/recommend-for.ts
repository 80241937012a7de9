import { sql, type Sql } from '../sql/index.ts'
import { distinctInteractions, exact } from './interactions.ts'

/** How recommendations are chosen. */
export interface RecommendForOptions {
  /** How many per reader. Default 20. */
  readonly limit?: number
  /**
   * Power to which a neighbour's score is raised before the votes of a reader's items are summed: above 1, a few close
   * neighbours outweigh many distant ones, which are mostly popular items. Default 3, the best on goodbooks-10k (see README.md).
   */
  readonly sharpness?: number
}

/**
 * What each reader may like, by the neighbours of what they read, leaving out what they read already. Gives the columns
 * `reader`, `item`, `score`, `rank` (from 1; ties by `item`) and `because`: the reader's item that speaks for it most, the
 * anchor of 'because you read'.
 * @param interactions a query with the columns `reader`, `item`, `weight`.
 * @param neighbours what {@link alsoRead} gives, or a table that keeps it.
 */
export function recommendFor(interactions: Sql, neighbours: Sql, options: RecommendForOptions = {}): Sql {
  const { limit = 20, sharpness = 3 } = options
  return sql`
with weighed as (${distinctInteractions(interactions)}),
near as (select item, other, power(score, ${sharpness}) as strength from (${neighbours}) neighbours),
votes as (
  select reader, near.other as item, weighed.item as because, ${exact(sql`weight * strength`)} as vote
  from weighed join near using (item)
  where not exists (select 1 from weighed done where done.reader = weighed.reader and done.item = near.other)
),
summed as (select reader, item, sum(vote) as score from votes group by reader, item),
placed as (select *, row_number() over (partition by reader order by score desc, item) as rank from summed),
chosen as (select * from placed where rank <= ${limit}),
explained as (
  select chosen.*, because, row_number() over (partition by reader, item order by vote desc, because) as place
  from chosen join votes using (reader, item)
)
select reader, item, cast(score as double) as score, rank, because from explained where place = 1`
}
