/**
 * How well does 'readers of this also read' foretell what real readers read, against popularity?
 * Needs the ratings of goodbooks-10k: NACRE_GOODBOOKS names their folder, or they lie in ../shared/data/goodbooks-10k.
 */
import { join } from 'node:path'
import { openEngine } from '../src/engines/index.ts'
import {
  alsoRead,
  evaluate,
  holdOut,
  popularFor,
  recommendFor,
  type Evaluation,
} from '../src/recommend/index.ts'
import { quoteIdentifier, quoteString, rawSql, sql, type Sql } from '../src/sql/index.ts'
import { goodbooksFolder } from '../test/support/goodbooks.ts'

const folder = goodbooksFolder()
if (folder === undefined) {
  console.error('goodbooks-10k is not here; set NACRE_GOODBOOKS to its folder.')
  process.exit(1)
}
await using engine = await openEngine({ name: 'duckdb', threads: 2, memoryBytes: 2 * 1024 ** 3 })
const elapsedMs: Record<string, number> = {}
/** Runs a query into a table of the engine and notes how long it took. */
const keep = async (name: string, query: Sql): Promise<Sql> => {
  const startedAt = performance.now()
  await engine.rows(sql`create or replace table ${rawSql(name)} as ${query}`)
  elapsedMs[name] = Math.round(performance.now() - startedAt)
  return sql`select * from ${rawSql(name)}`
}

const ratings = sql`
select user_id as reader, book_id as item, 1 as weight from read_csv(${rawSql(quoteString(join(folder, 'ratings_random_sample.csv')))})`
const parts = holdOut(await keep('ratings', ratings))
const split = { train: await keep('train', parts.train), test: await keep('test', parts.test) }
const models: Record<string, Sql> = { popularity: popularFor(split.train) }
for (const neighbours of [20, 50, 100]) {
  const near = await keep(`also_read_${neighbours}`, alsoRead(split.train, { neighbours }))
  for (const sharpness of [1, 3]) {
    models[`${neighbours} neighbours, sharpness ${sharpness}`] = recommendFor(split.train, near, {
      sharpness,
    })
  }
}
const results: Record<string, Evaluation> = {}
for (const [name, model] of Object.entries(models)) {
  const recommended = await keep(quoteIdentifier(name), model)
  results[name] = (await engine.rows<Evaluation>(evaluate(recommended, split)))[0]!
}
console.log(JSON.stringify({ bench: 'recommend-goodbooks', results, elapsedMs }, null, 2))
