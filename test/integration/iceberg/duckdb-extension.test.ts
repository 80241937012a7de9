import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { duckdbIceberg, noPython, pyiceberg } from '../../support/python.ts'
import { foundBy, icebergWorld, type Found } from './iceberg-world.ts'

const config = `import { app, day, job, manual, sql, table } from 'nacre'
const out = table('shop.orders', { columns: { id: 'long', at: 'timestamptz', name: 'string', price: 'decimal(9,2)' }, partitionBy: [day('at')] })
export default app('x', { team: 'red', jobs: [
  job('fill', { trigger: manual(), writes: { out }, async run({ writes }) {
    await writes.out.append(sql\`select range as id, timestamptz '2026-01-01 00:00:00Z' + to_hours(range) as at, 'n' || range as name, range / 4 as price from range(100)\`)
  } }),
] })
`

/** Rows of a statement over a table, as DuckDB's extension reads them. */
const found = `
db.sql("set timezone = 'UTC'")
def found(table, sql): return {'sql': sql, 'rows': db.sql(sql.replace('from t', 'from nacre.' + table)).fetchall()}
`

describe("DuckDB's Iceberg extension on the catalog", { skip: noPython }, () => {
  const world = icebergWorld({ 'nacre.config.ts': config })

  test('reads what our jobs write', async () => {
    assert.equal((await world.platform.run('fill')).state, 'succeeded')
    const sql =
      'select cast(id as varchar), cast("at" as varchar), name, cast(price as varchar) from t where id % 7 = 3 order by id'
    await world.agrees(
      'shop.orders',
      await world.python<Found>(
        `${duckdbIceberg}${found}print(json.dumps(found('shop.orders', given['sql'])))`,
        { sql },
      ),
    )
  })

  test('makes tables, inserts, updates and deletes; we and PyIceberg read the same', async () => {
    const steps = await world.python<Found[]>(`${duckdbIceberg}${found}
db.sql('create schema nacre.duck')
db.sql('create table nacre.duck.t (id bigint, name varchar, price decimal(9,2), day date, "at" timestamptz, tags varchar[], home struct(city varchar, x double))')
sql = 'select cast(id as varchar), name, cast(price as varchar), cast(day as varchar), cast("at" as varchar), cast(tags as varchar), cast(home as varchar) from t order by id'
steps = []
db.sql("insert into nacre.duck.t select range, 'n' || range, range / 4, date '2026-01-01' + range::int, timestamptz '2026-01-01 00:00:00Z' + to_hours(range), ['t', null], {'city': 'c' || range, 'x': range} from range(50)")
steps.append(found('duck.t', sql))
db.sql("insert into nacre.duck.t select 100 + range, null, null, null, null, null, null from range(3)"); steps.append(found('duck.t', sql))
db.sql('delete from nacre.duck.t where id % 5 = 0 and id < 50'); steps.append(found('duck.t', sql))
db.sql("update nacre.duck.t set name = 'changed', price = 1.25 where id between 10 and 20"); steps.append(found('duck.t', sql))
db.sql('begin'); db.sql("insert into nacre.duck.t (id, name) values (200, 'tx')"); db.sql('delete from nacre.duck.t where id = 1'); db.sql('commit'); steps.append(found('duck.t', sql))
print(json.dumps(steps))
`)
    assert.deepEqual(
      steps.map(({ rows }) => rows.length),
      [50, 53, 43, 43, 43],
    )
    const last = steps.at(-1)!
    await world.agrees('duck.t', last)
    const theirs = await world.python<Found>(
      `${pyiceberg}${foundBy}print(json.dumps(found(catalog.load_table('duck.t').scan().to_arrow(), given['sql'])))`,
      { sql: last.sql },
    )
    assert.deepEqual(theirs.rows, last.rows)
  })
})
