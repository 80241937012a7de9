import assert from 'node:assert/strict'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { SnapshotPage, TableDetail } from '../../../src/server/contract.ts'
import { duckdbIceberg, noPython, pyiceberg } from '../../support/python.ts'
import { foundBy, icebergWorld, type Found } from './iceberg-world.ts'

const sql =
  'select cast(id as varchar), name, cast(price as varchar), cast(day as varchar), cast(tags as varchar) from t order by id'

/** What DuckDB's extension and PyIceberg read, in programs of their own: nothing is left of what they had read before. */
const byDuckdb = `${duckdbIceberg}
db.sql("set timezone = 'UTC'")
print(json.dumps({'sql': given['sql'], 'rows': db.sql(given['sql'].replace('from t', 'from nacre.' + given['table'])).fetchall()}))`
const byPyIceberg = `${pyiceberg}${foundBy}
print(json.dumps(found(catalog.load_table(given['table']).scan().to_arrow(), given['sql'])))`

describe('deletes of other engines are applied by compaction', { skip: noPython }, () => {
  const world = icebergWorld({
    'nacre.config.ts': `import { app } from 'nacre'\nexport default app('x', { team: 'red', jobs: [] })\n`,
  })
  const maintain = async (...jobs: string[]): Promise<void> => {
    for (const job of jobs)
      assert.equal((await world.platform.run(job, { app: 'nacre' })).state, 'succeeded', job)
  }
  /** All three read the same; answers what. */
  const agreed = async (table: string): Promise<Found['rows']> => {
    const found = await world.python<Found>(byDuckdb, { table, sql })
    await world.agrees(table, found)
    assert.deepEqual(await world.python<Found>(byPyIceberg, { table, sql }), found)
    return found.rows
  }
  const detail = (table: string): Promise<TableDetail> => world.platform.api.get(`tables/${table}`)
  const totals = async (table: string): Promise<unknown[]> => {
    const { summary } = (await detail(table)).table.current!
    return [summary['total-records'], summary['total-delete-files'], summary['total-position-deletes']]
  }

  test("position deletes and updates of DuckDB's extension, of a partitioned table too", async () => {
    await world.python(`${duckdbIceberg}
db.sql('create schema nacre.duck')
rows = "select range as id, 'n' || range as name, (range / 4)::decimal(9,2) as price, date '2026-01-01' + (range % 3)::int as day, ['t', null] as tags from range(60)"
db.sql('create table nacre.duck.plain (id bigint, name varchar, price decimal(9,2), day date, tags varchar[])')
db.sql('create table nacre.duck.daily (id bigint, name varchar, price decimal(9,2), day date, tags varchar[]) partitioned by (day)')
for table in ['plain', 'daily']:
    db.sql(f'insert into nacre.duck.{table} {rows}')
    db.sql(f"insert into nacre.duck.{table} select id + 100, name, price, day, tags from ({rows})")
db.sql('delete from nacre.duck.plain where id % 5 = 0')
db.sql('delete from nacre.duck.plain where id in (1, 2, 101)')
db.sql("update nacre.duck.plain set name = 'changed' where id between 10 and 20")
db.sql("delete from nacre.duck.daily where id % 7 = 0")
db.sql("delete from nacre.duck.daily where id > 150 and day = date '2026-01-02'")
print('null')`)
    const tables = ['duck.plain', 'duck.daily']
    const before = new Map<string, Found['rows']>()
    for (const table of tables) {
      before.set(table, await agreed(table))
      assert.notEqual((await totals(table))[1], '0', `${table} has deletes`)
    }
    await maintain('compact-tables')
    for (const table of tables) {
      const rows = before.get(table)!
      assert.deepEqual(await agreed(table), rows, table)
      assert.deepEqual(await totals(table), [String(rows.length), '0', '0'], table)
    }
  })

  test('what is expired and swept is gone, and the rows are as they were', async () => {
    const properties = {
      'history.expire.max-snapshot-age-ms': '1',
      'history.expire.min-snapshots-to-keep': '1',
    }
    await world.python(
      `${pyiceberg}
with catalog.load_table('duck.plain').transaction() as t: t.set_properties(given['properties'])
print('null')`,
      { properties },
    )
    const before = await agreed('duck.plain')
    await maintain('expire-snapshots')
    const { snapshots } = await world.platform.api.get<SnapshotPage>('tables/duck.plain/snapshots')
    assert.equal(snapshots.length, 1)
    assert.deepEqual(await agreed('duck.plain'), before)
    const { localPath, table } = await detail('duck.plain')
    const orphan = join(localPath!, 'data', 'orphan.parquet')
    await writeFile(orphan, '')
    const longAgo = new Date(Date.now() - 30 * 86_400_000)
    await utimes(orphan, longAgo, longAgo)
    await maintain('sweep-orphans')
    const left = (await readdir(localPath!, { recursive: true })).filter((path) => path.endsWith('.parquet'))
    assert.equal(left.length, table.files, left.join('\n'))
    assert.deepEqual(await agreed('duck.plain'), before)
  })

  test('upserts, overwrites and deletes of PyIceberg over a table with deletes', async () => {
    await world.python(`${duckdbIceberg}
db.sql('create table nacre.duck.mixed (id bigint, name varchar, price decimal(9,2), day date, tags varchar[])')
db.sql("insert into nacre.duck.mixed select range, 'n' || range, 1.25, date '2026-01-01', ['t'] from range(40)")
db.sql('delete from nacre.duck.mixed where id % 2 = 0')
print('null')`)
    const counts = await world.python<{ updated: number; inserted: number }>(`${pyiceberg}
import pyarrow as pa, datetime, decimal
from pyiceberg.io.pyarrow import schema_to_pyarrow
t = catalog.load_table('duck.mixed')
def rows(ids, name): return pa.Table.from_pylist([{'id': id, 'name': name, 'price': decimal.Decimal('2.50'), 'day': datetime.date(2026, 1, 2), 'tags': ['u', None]} for id in ids], schema=schema_to_pyarrow(t.schema(), include_field_ids=False))
result = t.upsert(rows([1, 2, 3, 50], 'upserted'), join_cols=['id'])
t.overwrite(rows([7, 8], 'overwritten'), overwrite_filter='id >= 5 and id < 12')
t.delete('id = 39')
print(json.dumps({'updated': result.rows_updated, 'inserted': result.rows_inserted}))`)
    assert.deepEqual(counts, { updated: 2, inserted: 2 })
    const before = await agreed('duck.mixed')
    const ids = before.map(([id]) => Number(id))
    const odd = Array.from({ length: 20 }, (_, index) => index * 2 + 1)
    assert.deepEqual(
      ids,
      [...odd.filter((id) => (id < 5 || id >= 12) && id !== 39), 2, 7, 8, 50].toSorted((a, b) => a - b),
    )
    await maintain('compact-tables', 'expire-snapshots', 'sweep-orphans')
    assert.deepEqual(await agreed('duck.mixed'), before)
  })

  test('reports of engines are counted by their type', async () => {
    const { token } = await world.platform.api.send<{ token: string }>('POST', 'tokens', {
      name: 'reporter',
      role: 'viewer',
      team: null,
    })
    const { url } = world.platform.api
    const count = async (type: string): Promise<number> => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return Number(
        new RegExp(`^nacre_iceberg_reports_total\\{type="${type}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
      )
    }
    const before = await count('scan-report')
    for (const type of ['scan-report', 'scan-report', 'made "up"'])
      await fetch(`${url}/iceberg/v1/namespaces/duck/tables/plain/metrics`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ 'report-type': type }),
      })
    assert.deepEqual([(await count('scan-report')) - before, await count('other')], [2, 1])
  })
})
