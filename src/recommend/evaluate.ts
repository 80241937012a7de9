import { sql, type Sql } from '../sql/index.ts'
import { distinctInteractions } from './interactions.ts'

/** Interactions parted in two: what a model may learn from, and what it should foretell. */
export interface HeldOutSplit {
  readonly train: Sql
  readonly test: Sql
}

/**
 * Holds out a share of every reader's items (default a fifth, rounded down), chosen by a hash of reader and item: the same on
 * every run and machine. A reader with too few keeps all.
 */
export function holdOut(interactions: Sql, options: { share?: number } = {}): HeldOutSplit {
  const { share = 0.2 } = options
  const shuffled = sql`
select reader, item, weight, count(*) over (partition by reader) as items,
  row_number() over (partition by reader order by md5(concat(cast(reader as string), ' ', cast(item as string))), item) as place
from (${distinctInteractions(interactions)}) weighed`
  const part = (condition: Sql): Sql =>
    sql`select reader, item, weight from (${shuffled}) shuffled where ${condition}`
  return {
    train: part(sql`place > floor(items * ${share})`),
    test: part(sql`place <= floor(items * ${share})`),
  }
}

/** How well recommendations foretell what was held out; each a mean over its readers, from 0 to 1. */
export interface Evaluation {
  /** Readers of whom something was held out. */
  readonly readers: number
  /** Normalized discounted cumulative gain of the first ten: a hit at rank r counts 1 / log2(r + 1), the best order gives 1. */
  readonly ndcg_10: number
  /** Held-out items among the first twenty, of as many as could be there (at most twenty). */
  readonly recall_20: number
  /** Share of the items to learn from that anybody is recommended among the first twenty. */
  readonly coverage: number
}

/**
 * Measures recommendations, a query with the columns `reader`, `item`, `rank` made from the split's `train`; gives one row,
 * an {@link Evaluation}. Järvelin and Kekäläinen (2002) for the gain; Liang et al. (2018) for the recall.
 */
export function evaluate(recommendations: Sql, { train, test }: HeldOutSplit): Sql {
  return sql`
with held as (${test}),
recommended as (select reader, item, rank from (${recommendations}) made where rank <= 20),
wanted as (select reader, count(*) as items from held group by reader),
ideal as (
  select items, sum(1 / log2(place + 1)) as gain
  from (select distinct items from wanted) counts join (select unnest(range(1, 11)) as place) places on place <= items
  group by items
),
found as (
  select reader, count(*) as hits, sum(case when rank <= 10 then 1 / log2(rank + 1) else 0 end) as gain
  from held join recommended using (reader, item) group by reader
)
select cast(count(*) as integer) as readers,
  avg(coalesce(found.gain, 0) / ideal.gain) as ndcg_10,
  avg(coalesce(hits, 0) / least(items, 20)) as recall_20,
  (select count(distinct item) from recommended) / (select count(distinct item) from (${train}) learned) as coverage
from wanted join ideal using (items) left join found using (reader)`
}
