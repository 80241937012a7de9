import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { openEngine, type Engine } from '../../../src/engines/index.ts'
import {
  alsoRead,
  evaluate,
  holdOut,
  popular,
  popularFor,
  recommendFor,
  type Evaluation,
} from '../../../src/recommend/index.ts'
import { joinSql, rawSql, sql, type Sql } from '../../../src/sql/index.ts'
import { goodbooksFolder } from '../../support/goodbooks.ts'

const openDuckdb = (): Promise<Engine> => openEngine({ name: 'duckdb', threads: 1 })

/** Interactions of weight 1: `{ ann: 'dune emma' }`. */
function read(books: Readonly<Record<string, string>>): Sql {
  const rows = Object.entries(books).flatMap(([reader, items]) =>
    items.split(' ').map((item) => sql`(${reader}, ${item}, 1)`),
  )
  return sql`select * from (values ${joinSql(rows)}) rows(reader, item, weight)`
}

const shelf = read({
  ann: 'dune emma ivanhoe',
  bob: 'dune emma',
  cat: 'dune ivanhoe',
  dan: 'dune',
  eve: 'emma ivanhoe ulysses',
})

test('also read: cosine of readers in common, ties by name, chance left out', async () => {
  await using engine = await openDuckdb()
  const rows = await engine.rows(sql`select * from (${alsoRead(shelf)}) order by item, rank`)
  const cosine = (common: number, one: number, two: number): number => common / Math.sqrt(one * two)
  const row = (item: string, other: string, score: number, rank: number): object => ({
    item,
    other,
    score,
    readers_in_common: 2,
    rank,
  })
  assert.deepEqual(
    rows.map((found) => ({ ...found, score: Number(Number(found['score']).toFixed(9)) })),
    [
      row('dune', 'emma', cosine(2, 4, 3), 1),
      row('dune', 'ivanhoe', cosine(2, 4, 3), 2),
      row('emma', 'ivanhoe', cosine(2, 3, 3), 1),
      row('emma', 'dune', cosine(2, 4, 3), 2),
      row('ivanhoe', 'emma', cosine(2, 3, 3), 1),
      row('ivanhoe', 'dune', cosine(2, 4, 3), 2),
    ].map((wanted) => ({ ...wanted, score: Number((wanted as { score: number }).score.toFixed(9)) })),
  )
  const nearest = await engine.rows(
    sql`select item, other from (${alsoRead(shelf, { neighbours: 1, minReaders: 1 })}) where item = 'ulysses'`,
  )
  assert.deepEqual(nearest, [{ item: 'ulysses', other: 'emma' }])
})

test('recommendations leave out what was read and name their anchor', async () => {
  await using engine = await openDuckdb()
  const made = recommendFor(shelf, alsoRead(shelf), { limit: 5 })
  const rows = await engine.rows(sql`select reader, item, rank, because from (${made}) order by reader, rank`)
  assert.deepEqual(rows, [
    { reader: 'bob', item: 'ivanhoe', rank: 1, because: 'emma' },
    { reader: 'cat', item: 'emma', rank: 1, because: 'ivanhoe' },
    { reader: 'dan', item: 'emma', rank: 1, because: 'dune' },
    { reader: 'dan', item: 'ivanhoe', rank: 2, because: 'dune' },
    { reader: 'eve', item: 'dune', rank: 1, because: 'emma' },
  ])
})

test('popular items, over all and unread by each reader', async () => {
  await using engine = await openDuckdb()
  assert.deepEqual(await engine.rows(sql`select * from (${popular(shelf, { limit: 3 })}) order by rank`), [
    { item: 'dune', readers: 4, rank: 1 },
    { item: 'emma', readers: 3, rank: 2 },
    { item: 'ivanhoe', readers: 3, rank: 3 },
  ])
  const unread = popularFor(shelf, { limit: 2 })
  assert.deepEqual(
    await engine.rows(sql`select item, rank from (${unread}) where reader = 'dan' order by rank`),
    [
      { item: 'emma', rank: 1 },
      { item: 'ivanhoe', rank: 2 },
    ],
  )
})

test('a repeated interaction counts once, by its greatest weight', async () => {
  await using engine = await openDuckdb()
  const once = await engine.rows(sql`select * from (${alsoRead(shelf)}) order by item, rank`)
  const twice = sql`${shelf} union all ${shelf}`
  assert.deepEqual(await engine.rows(sql`select * from (${alsoRead(twice)}) order by item, rank`), once)
})

test('the figures of an evaluation are those of the textbook', async () => {
  await using engine = await openDuckdb()
  const train = read({ ann: 'a b', bob: 'c d' })
  const held = read({ ann: 'x y', bob: 'z' })
  const made = sql`
select * from (values ('ann', 'x', 1), ('ann', 'q', 2), ('ann', 'y', 3), ('bob', 'a', 1)) rows(reader, item, rank)`
  const [found] = await engine.rows<Evaluation>(evaluate(made, { train, test: held }))
  assert.equal(found!.readers, 2)
  const ann = (1 + 1 / Math.log2(4)) / (1 + 1 / Math.log2(3))
  assert.ok(Math.abs(found!.ndcg_10 - ann / 2) < 1e-12)
  assert.equal(found!.recall_20, 0.5)
  assert.equal(found!.coverage, 1)
})

test('holding out parts every interaction once, the same on every run', async () => {
  await using engine = await openDuckdb()
  const many = sql`select i % 10 as reader, i as item, 1 as weight from range(200) numbers(i)`
  const { train, test: held } = holdOut(many, { share: 0.25 })
  const [counts] = await engine.rows(sql`
select (select count(*) from (${train})) as learned, (select count(*) from (${held})) as held,
  (select count(distinct item) from (select item from (${train}) union all select item from (${held}))) as items,
  (select min(n) from (select count(*) as n from (${held}) group by reader)) as fewest`)
  assert.deepEqual(counts, { learned: 150, held: 50, items: 200, fewest: 5 })
  const rows = await engine.rows<{ item: number }>(
    sql`select item from (${held}) where reader = 3 order by item`,
  )
  const hashOf = (item: number): string => createHash('md5').update(`3 ${item}`).digest('hex')
  const byHash = Array.from({ length: 20 }, (_, index) => index * 10 + 3).toSorted((one, other) =>
    hashOf(one) < hashOf(other) ? -1 : 1,
  )
  assert.deepEqual(
    rows.map(({ item }) => item),
    byHash.slice(0, 5).toSorted((one, other) => one - other),
  )
})

const folder = goodbooksFolder()
test(
  'on real ratings, co-occurrence beats popularity by far',
  { skip: folder === undefined ? 'the ratings of goodbooks-10k are not here' : false },
  async () => {
    await using engine = await openEngine({ name: 'duckdb', threads: 2 })
    const keep = async (name: string, query: Sql): Promise<Sql> => {
      await engine.rows(sql`create table ${rawSql(name)} as ${query}`)
      return sql`select * from ${rawSql(name)}`
    }
    const ratings = sql`
select user_id as reader, book_id as item, 1 as weight
from read_csv(${`${folder}/ratings_random_sample.csv`}) where user_id % 4 = 0`
    const parts = holdOut(await keep('ratings', ratings))
    const split = { train: await keep('train', parts.train), test: await keep('test', parts.test) }
    const ndcgOf = async (model: Sql): Promise<number> =>
      (await engine.rows<Evaluation>(evaluate(model, split)))[0]!.ndcg_10
    const baseline = await ndcgOf(popularFor(split.train))
    const model = await ndcgOf(recommendFor(split.train, alsoRead(split.train)))
    assert.ok(model > 2 * baseline, `NDCG@10 ${model} against ${baseline} of popularity`)
  },
)
