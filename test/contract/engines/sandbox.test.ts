import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Duckdb } from '../../../src/engines/duckdb/duckdb.ts'
import { scanSelect } from '../../../src/engines/duckdb/scan-select.ts'
import { viewStatements } from '../../../src/engines/duckdb/view-name.ts'
import { openEngine, openSandbox } from '../../../src/engines/index.ts'
import { sql } from '../../../src/sql/index.ts'
import { pathOfFileUri } from '../../../src/storage/index.ts'
import type { ScanPlan } from '../../../src/tables/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { planOf, targetOf } from '../../support/write-target.ts'

interface World extends AsyncDisposable {
  readonly folder: string
  readonly open: ScanPlan
  readonly secret: ScanPlan
}

async function makeWorld(): Promise<World> {
  const folder = tempFolder()
  await using engine = await openEngine({ name: 'duckdb', threads: 1 })
  const write = async (table: string, rows: number): Promise<ScanPlan> => {
    const target = targetOf(`${folder.path}/${table}`, { id: 'long', day: 'date' }, { table })
    return planOf(
      target,
      await engine.write(target, sql`select range as id, date '2026-01-05' as day from range(${rows})`),
    )
  }
  return {
    folder: folder.path,
    open: await write('metrics.open', 5000),
    secret: await write('metrics.secret', 3),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** What somebody could try; `{…}` stands for a path. */
const attacks = [
  `select * from read_text('/etc/passwd')`,
  `select * from read_csv('/etc/passwd')`,
  `select * from '/etc/passwd'`,
  `select * from glob('/*')`,
  `select * from read_parquet('{secret}')`,
  `select * from '{secret}'`,
  `select * from parquet_metadata('{secret}')`,
  `select * from read_blob('{folder}/beside.csv')`,
  `select * from sniff_csv('{folder}/beside.csv')`,
  `select * from read_json('http://127.0.0.1:9/x')`,
  `copy metrics.open to '{folder}/out.csv'`,
  `copy (select 1) to '{open}'`,
  `export database '{folder}/out'`,
  `attach '{folder}/out.duckdb'`,
  `install httpfs`,
  `load httpfs`,
  `set memory_limit = '100GB'`,
  `set enable_external_access = true`,
  `reset lock_configuration`,
  `pragma threads = 64`,
  `select getenv('HOME')`,
  `create secret (type s3)`,
  `select * from enable_logging(storage = 'file', storage_config = {'path': '{folder}'})`,
  `select * from query('select * from enable_logging()')`,
]

/** What a locked DuckDB allows although it serves nobody, or harms others. */
const misuses = [
  `select 1; select 2`,
  `create table t (a int)`,
  `insert into metrics.open values (1, null)`,
  `drop view metrics.open`,
  `delete from metrics.open`,
  `begin`,
  `call enable_logging()`,
  `explain analyze select 1`,
  `prepare p as select 1`,
  `use metrics`,
  `select * from enable_logging()`,
  `SELECT * FROM "ENABLE_LOGGING"()`,
  `select (select count(*) from disable_logging())`,
  `select 1 where 1 in (from force_checkpoint())`,
  `with a as (from duckdb_settings()) from a`,
  `select write_log('x')`,
  `select max(current_setting('allowed_paths')) over ()`,
  `select list_transform([1], lambda x: sleep_ms(x))`,
  `from duckdb_views`,
  `from sqlite_master`,
  `from information_schema.tables`,
  `from pg_catalog.pg_settings`,
  `with "information_schema.tables" as (select 1) from information_schema.tables`,
  `with duckdb_views as (select 1), a as (select 1) from a, main.duckdb_views`,
  `select (with duckdb_views as (select 1) select 1), sql from duckdb_views`,
  `with pg_settings as (from pg_settings) from pg_settings`,
  `select (with "{secret}" as (select 1) select 1) from '{secret}'`,
  `show tables`,
  `show all tables`,
  `pivot metrics.open on id using count(*)`,
  `select $1`,
  `-- nothing`,
  ``,
  `from metrics.secret`,
  `from "metrics.secret"`,
  `select 1 union all (select id from metrics.secret)`,
]

describe('the sandbox', () => {
  test('refuses what reaches beyond the named tables, and goes on', async () => {
    await using world = await makeWorld()
    await using sandbox = await openSandbox({ threads: 1 })
    writeFileSync(`${world.folder}/beside.csv`, 'a,b\n1,2\n')
    const before = namesBelow(world.folder)
    for (const attack of [...attacks, ...misuses]) {
      const statement = fill(attack, world)
      await assert.rejects(sandbox.run({ plans: [world.open], statement }), { code: 'NACRE_SQL' }, statement)
      const { rows } = await sandbox.run({
        plans: [world.open],
        statement: 'select count(*) from metrics.open',
      })
      assert.deepEqual(rows, [[5000]], statement)
    }
    assert.deepEqual(namesBelow(world.folder), before)
  })

  test('is locked below the guard too', async () => {
    await using world = await makeWorld()
    await using duckdb = await Duckdb.open({ threads: 1 })
    for (const view of viewStatements('metrics.open', scanSelect(world.open))) await duckdb.all(view)
    await duckdb.lock(world.open.files.map(({ path }) => pathOfFileUri(path)))
    for (const attack of attacks.filter((text) => !text.includes('logging')))
      await assert.rejects(duckdb.all(fill(attack, world)), { code: 'NACRE_SQL' }, attack)
    assert.deepEqual(await duckdb.all('select count(*) as n from metrics.open'), [{ n: 5000 }])
    assert.ok(!existsSync(`${world.folder}/out.csv`))
  })

  test('runs a SELECT of any form', async () => {
    await using world = await makeWorld()
    await using sandbox = await openSandbox({ threads: 1 })
    const plans = [world.open, world.secret]
    const run = async (statement: string): Promise<unknown> => (await sandbox.run({ plans, statement })).rows
    assert.deepEqual(await run('from metrics.open where id < 2 order by id; -- all'), [
      [0, '2026-01-05'],
      [1, '2026-01-05'],
    ])
    assert.deepEqual(await run('with open as (select 7 as seven) select * from open'), [[7]])
    assert.deepEqual(await run('select count(*) from Metrics.OPEN join "metrics.secret" using (id)'), [[3]])
    assert.deepEqual(await run('values (1), (2)'), [[1], [2]])
    assert.deepEqual(await run('select sum(x) from range(4) t(x), (select unnest([1, 2]))'), [[12]])
    assert.deepEqual(await run(`from (pivot metrics.secret on id in (0, 1) using count(*))`), [
      ['2026-01-05', 1, 1],
    ])
    assert.equal(((await run('describe metrics.open')) as unknown[]).length, 2)
    assert.equal(((await run('summarize metrics.open')) as unknown[]).length, 2)
  })

  test('says where a statement is wrong and which tables there are', async () => {
    await using world = await makeWorld()
    await using sandbox = await openSandbox({ threads: 1 })
    const run = (statement: string): Promise<unknown> => sandbox.run({ plans: [world.open], statement })
    await assert.rejects(run('select id form metrics.open'), {
      message: /syntax error at or near "metrics" at character 16/,
    })
    await assert.rejects(run('select idd from metrics.open'), { message: /"idd" not found/ })
    await assert.rejects(run('select 1 from metrics.opened'), {
      message: /no table 'metrics\.opened'.*metrics\.open/,
    })
    await assert.rejects(run(`copy metrics.open to 'x'`), { message: /Only a SELECT/ })
  })

  test('tells the tables and columns of a statement that it does not run', async () => {
    await using world = await makeWorld()
    await using sandbox = await openSandbox({ threads: 1 })
    const statement =
      'with a as (from metrics.open) select id, day, error(day::text) as never from a, "b c".d -- note'
    assert.deepEqual((await sandbox.tablesOf(statement)).toSorted(), ['b c.d', 'metrics.open'])
    const described = statement.replace(', "b c".d', '')
    assert.deepEqual(await sandbox.describe({ plans: [world.open], statement: described }), [
      { name: 'id', type: 'BIGINT' },
      { name: 'day', type: 'DATE' },
      { name: 'never', type: 'INTEGER' },
    ])
  })

  test('gives no more rows than the limit, as arrays or objects', async () => {
    await using world = await makeWorld()
    await using sandbox = await openSandbox({ threads: 1 })
    const query = { plans: [world.open], statement: 'select id from metrics.open order by id' }
    const some = await sandbox.run({ ...query, rowLimit: 2 })
    assert.deepEqual([some.rows, some.truncated], [[[0], [1]], true])
    const all = await sandbox.run({ ...query, rowLimit: 5000 })
    assert.deepEqual([all.rows.length, all.truncated], [5000, false])
    const objects = await sandbox.runObjects({ ...query, rowLimit: 1 })
    assert.deepEqual([objects.columns, objects.rows], [[{ name: 'id', type: 'BIGINT' }], [{ id: 0 }]])
    const endless = await sandbox.run({
      plans: [],
      statement: 'select * from range(1000000000000)',
      rowLimit: 10,
    })
    assert.equal(endless.rows.length, 10)
  })

  const endless =
    'select count(*) from range(10000000000) a, range(1000000) b where hash(a.range + b.range) = 1'

  test('stops at the timeout and when it is cancelled, also while waiting for a place', async () => {
    await using sandbox = await openSandbox({ threads: 1, maxConcurrent: 1 })
    const stop = new AbortController()
    const running = sandbox.run({ plans: [], statement: endless, signal: stop.signal })
    const waiting = sandbox.run({ plans: [], statement: endless, timeoutMs: 100 })
    await assert.rejects(waiting, { code: 'NACRE_TIMEOUT' })
    stop.abort()
    await assert.rejects(running, { code: 'NACRE_CANCELLED' })
    await assert.rejects(sandbox.run({ plans: [], statement: endless, timeoutMs: 50 }), {
      code: 'NACRE_TIMEOUT',
    })
    assert.deepEqual((await sandbox.run({ plans: [], statement: 'select 1' })).rows, [[1]])
  })

  test('keeps each snapshot set apart, and closes the ones used least', async () => {
    await using world = await makeWorld()
    await using sandbox = await openSandbox({ threads: 1, maxSnapshotSets: 1 })
    const empty = { ...world.open, snapshotId: null, files: [] }
    const statement = 'select count(*) from metrics.open'
    const counts = await Promise.all(
      [world.open, empty, world.open, empty].map((plan) => sandbox.run({ plans: [plan], statement })),
    )
    assert.deepEqual(
      counts.map(({ rows }) => rows),
      [[[5000]], [[0]], [[5000]], [[0]]],
    )
  })

  test('reports a snapshot whose files are gone, and opens it again when they are back', async () => {
    await using world = await makeWorld()
    await using sandbox = await openSandbox({ threads: 1 })
    const files = world.open.files.map((file) => ({ ...file, path: `${file.path}.gone` }))
    const statement = 'select count(*) from metrics.open'
    await assert.rejects(sandbox.run({ plans: [{ ...world.open, files }], statement }), {
      code: 'NACRE_CORRUPT',
      message: /'metrics\.open' cannot be read: its data file .*\.gone is missing .*No files found/,
    })
    copyFileSync(pathOfFileUri(world.open.files[0]!.path), pathOfFileUri(files[0]!.path))
    assert.deepEqual((await sandbox.run({ plans: [{ ...world.open, files }], statement })).rows, [[5000]])
  })
})

function namesBelow(folder: string): Set<string> {
  return new Set(readdirSync(folder, { recursive: true }).map(String))
}

function fill(text: string, { folder, open, secret }: World): string {
  return text
    .replaceAll('{secret}', pathOfFileUri(secret.files[0]!.path))
    .replaceAll('{open}', pathOfFileUri(open.files[0]!.path))
    .replaceAll('{folder}', folder)
}
