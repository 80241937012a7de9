import { sql, type Sql } from '../sql/index.ts'
import { distinctInteractions } from './interactions.ts'

/**
 * The items that most readers read: what a new reader is shown. Gives the columns `item`, `readers`, `rank` (from 1; ties by
 * `item`). For what is popular now, or within a genre, give the interactions of that time or genre.
 */
export function popular(interactions: Sql, options: { limit?: number } = {}): Sql {
  const { limit = 100 } = options
  return sql`
with weighed as (${distinctInteractions(interactions)}),
counted as (select item, count(*) as readers from weighed group by item),
placed as (select *, row_number() over (order by readers desc, item) as rank from counted)
select item, readers, rank from placed where rank <= ${limit}`
}

/**
 * For each reader the most popular items they have not read: the baseline that any model must beat, and what fills a shelf.
 * Gives the columns `reader`, `item`, `score` (how many readers), `rank`.
 */
export function popularFor(interactions: Sql, options: { limit?: number } = {}): Sql {
  const { limit = 20 } = options
  return sql`
with weighed as (${distinctInteractions(interactions)}),
counted as (select item, count(*) as readers from weighed group by item),
everywhere as (select *, row_number() over (order by readers desc, item) as place from counted),
known as (select reader, count(*) as items from weighed group by reader),
unread as (
  select reader, item, readers, place from known join everywhere on place <= items + ${limit}
  where not exists (select 1 from weighed done where done.reader = known.reader and done.item = everywhere.item)
),
placed as (select *, row_number() over (partition by reader order by place) as rank from unread)
select reader, item, cast(readers as double) as score, rank from placed where rank <= ${limit}`
}
