import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openEngine, openSandbox } from '../../../src/engines/index.ts'
import { createQueryService } from '../../../src/platform/query-service.ts'
import { sql } from '../../../src/sql/index.ts'
import { migrations } from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { define, tempCatalog } from '../../support/temp-catalog.ts'

test('a table is read whatever its levels and the case of its name', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = tempCatalog(database)
  await using engine = await openEngine({ name: 'duckdb', threads: 1 })
  await using sandbox = await openSandbox({ threads: 1 })
  const { catalog } = world
  const queries = createQueryService({ sandbox, catalog, timeoutMs: 30_000 })
  for (const name of ['shop.orders', 'Shop.Returns', 'shop.eu.orders', 'main.plain']) {
    await catalog.ensureTable(define(name, { columns: { n: 'int' } }))
    const files = await engine.write(await catalog.planWrite(name), sql`select 7 as n`)
    await catalog.commit([{ kind: 'append', table: name, files }])
    assert.deepEqual((await queries.preview(name, 5)).rows, [[7]], name)
    const levels = name.split('.')
    const written = `"${levels.slice(0, -1).join('.')}"."${levels.at(-1)}"`
    assert.deepEqual((await queries.sql(`select n from ${written}`, { limit: 5 })).rows, [[7]], name)
  }
  assert.deepEqual((await queries.sql('select n from shop.returns', { limit: 5 })).rows, [[7]])
})

test('a preview says whether there is more than it shows', async () => {
  await using database = await databases[0]!.open(migrations)
  await using world = tempCatalog(database)
  await using engine = await openEngine({ name: 'duckdb', threads: 1 })
  await using sandbox = await openSandbox({ threads: 1 })
  const { catalog } = world
  const queries = createQueryService({ sandbox, catalog, timeoutMs: 30_000 })
  const told = async (limit: number): Promise<[number, boolean]> => {
    const { rows, truncated } = await queries.preview('shop.orders', limit)
    return [rows.length, truncated]
  }
  await catalog.ensureTable(define('shop.orders', { columns: { n: 'int' } }))
  assert.deepEqual(await told(5), [0, false])
  const append = async (): Promise<void> => {
    const files = await engine.write(await catalog.planWrite('shop.orders'), sql`select 7 as n`)
    await catalog.commit([{ kind: 'append', table: 'shop.orders', files }])
  }
  for (let count = 0; count < 5; count++) await append()
  assert.deepEqual(await told(4), [4, true])
  assert.deepEqual(await told(5), [5, false])
  assert.deepEqual(await told(6), [5, false])
  // More files than a preview reads.
  for (let count = 5; count < 21; count++) await append()
  assert.deepEqual(await told(100), [20, true])
})
