import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TableDetail } from '../../../src/server/contract.ts'
import { noPython, pyiceberg } from '../../support/python.ts'
import { foundBy, icebergWorld } from './iceberg-world.ts'

const config = `import { app, day, identity, job, manual, sql, table } from 'nacre'
const out = table('shop.orders', {
  columns: { id: 'long', at: 'timestamptz', country: 'string', price: 'decimal(12,2)', ratio: 'double', flag: 'boolean', day: 'date',
    tags: { list: 'string' }, home: { struct: { city: 'string', x: 'double' } }, marks: { map: ['string', 'int'] }, key: 'uuid' },
  partitionBy: [day('at'), identity('country')],
})
export default app('x', { team: 'red', jobs: [
  job('fill', { trigger: manual(), writes: { out }, async run({ writes }) {
    await writes.out.append(sql\`select range as id, timestamptz '2025-12-30 00:00:00Z' + to_minutes(range * 97) as at,
      case range % 4 when 0 then null when 1 then 'FR' when 2 then 'de' else 'Ünited/States%20' end as country, (range * 7 % 1000) / 4 as price,
      case when range % 50 = 0 then null when range % 50 = 1 then 'nan'::double else range / 7 end as ratio, range % 3 = 0 as flag,
      date '1969-12-01' + (range % 90)::int as day, ['t' || range % 5, null] as tags, {city: 'c' || range % 9, x: range / 2} as home,
      map {'k': (range % 11)::int} as marks, uuid '00112233-4455-6677-8899-aabbccddeeff' as key from range(200)\`)
  } }),
] })
`

/** PyIceberg's filter, and the same in SQL where that differs. */
const filters: readonly (readonly [filter: string, where?: string])[] = [
  ["country = 'FR'"],
  ['country is null'],
  ['country is not null'],
  ["country = 'Ünited/States%20'"],
  ["country in ('FR', 'de')"],
  ["not (country = 'FR')"],
  ["at >= '2026-01-01T00:00:00+00:00'", '"at" >= timestamptz \'2026-01-01T00:00:00+00:00\''],
  [
    "at >= '2025-12-31T00:00:00+00:00' and at < '2026-01-01T12:00:00+00:00'",
    '"at" >= timestamptz \'2025-12-31T00:00:00+00:00\' and "at" < timestamptz \'2026-01-01T12:00:00+00:00\'',
  ],
  ['id > 190'],
  ['id in (3, 77, 400)'],
  ['price = 12.25'],
  ['price < 10 or price > 240'],
  ['flag = true'],
  ["day < '1970-01-01'"],
  ['ratio is null'],
  ['ratio is nan', 'isnan(ratio)'],
  ['ratio > 20 and ratio is not nan', 'ratio > 20 and not isnan(ratio)'],
  ["country like 'F%'"],
  ["home.city = 'c4'"],
  ["flag = false and country = 'de' and id < 50"],
]

describe('Nacre writes, PyIceberg reads through the catalog', { skip: noPython }, () => {
  const world = icebergWorld({ 'nacre.config.ts': config })

  test(`${filters.length} filters find what SQL finds`, async () => {
    assert.equal((await world.platform.run('fill')).state, 'succeeded')
    const counted = await world.python<Record<string, [ids: string[], files: number]>>(
      `${pyiceberg}
t = catalog.load_table('shop.orders')
def ids(filter):
    scan = t.scan(row_filter=filter)
    return [sorted(str(n) for n in scan.to_arrow()['id'].to_pylist()), len(list(scan.plan_files()))]
print(json.dumps({filter: ids(filter) for filter in given['filters']}))`,
      { filters: filters.map(([filter]) => filter) },
    )
    for (const [filter, where = filter] of filters) {
      const ours = await world.platform.sql(
        `select cast(id as varchar) from shop.orders where ${where} order by 1`,
      )
      assert.deepEqual(counted[filter]?.[0], ours.flat(), filter)
    }
    const [[all]] = (await world.platform.sql(
      'select count(distinct ("at"::date, country)) from shop.orders',
    )) as [[string]]
    assert.ok(counted["country = 'FR'"]![1] < Number(all), 'files are pruned by our partitions')
  })

  test('every column arrives as it was written', async () => {
    const columns = ['id', 'at', 'country', 'price', 'ratio', 'flag', 'day', 'tags', 'home', 'marks', 'key']
    const sql = `select ${columns.map((name) => `cast("${name}" as varchar)`).join(', ')} from t order by id`
    await world.agrees(
      'shop.orders',
      await world.python(
        `${pyiceberg}${foundBy}
print(json.dumps(found(catalog.load_table('shop.orders').scan().to_arrow(), given['sql'])))`,
        { sql },
      ),
    )
  })

  test("what the table's page says is what PyIceberg says", async () => {
    const theirs = await world.python<Record<string, unknown>>(`${pyiceberg}
t = catalog.load_table('shop.orders'); s = t.current_snapshot()
print(json.dumps({'uuid': str(t.metadata.table_uuid), 'location': t.location(), 'snapshotId': str(s.snapshot_id), 'operation': s.summary.operation.value, 'rows': int(s.summary['total-records']), 'files': int(s.summary['total-data-files']), 'schema': json.loads(t.schema().model_dump_json()), 'spec': json.loads(t.spec().model_dump_json()), 'team': t.properties.get('nacre.team')}))`)
    const { table } = await world.platform.api.get<TableDetail>('tables/shop.orders')
    assert.deepEqual(theirs, {
      uuid: table.uuid,
      location: table.location,
      snapshotId: table.current?.snapshotId,
      operation: table.current?.summary.operation,
      rows: table.rows,
      files: table.files,
      schema: JSON.parse(
        JSON.stringify({ 'identifier-field-ids': [], ...table.schema }).replaceAll(
          /(decimal\(\d+),/g,
          '$1, ',
        ),
      ),
      spec: table.spec,
      team: table.properties['nacre.team'] ?? null,
    })
  })

  test("a viewer's credential reads, and writes neither table nor files", async () => {
    const { token: credential } = await world.platform.api.send<{ token: string }>('POST', 'tokens', {
      name: 'reader',
      role: 'viewer',
      team: null,
    })
    const result = await world.python<Record<string, unknown>>(
      `
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import ForbiddenError
import pyarrow as pa
catalog = RestCatalog('nacre', uri=given['uri'], credential='reader:' + given['credential'], **{'oauth2-server-uri': given['uri'] + '/v1/oauth/tokens'})
t = catalog.load_table('shop.orders')
r = {'rows': t.scan().to_arrow().num_rows}
def refused(work):
    try: work()
    except ForbiddenError: return 'forbidden'
    except OSError as error: return 'denied' if 'ACCESS_DENIED' in str(error) or 'AccessDenied' in str(error) else str(error)
r['properties'] = refused(lambda: t.transaction().set_properties(a='b').commit_transaction())
r['create'] = refused(lambda: catalog.create_table('shop.mine', pa.schema([('n', pa.int64())])))
r['drop'] = refused(lambda: catalog.purge_table('shop.orders'))
data = list(t.scan().plan_files())[0].file.file_path
r['overwrite file'] = refused(lambda: t.io.new_output(data).create(overwrite=True).close())
r['delete file'] = refused(lambda: t.io.delete(data))
r['other file'] = refused(lambda: t.io.new_input('s3://nacre/shop/other/data.parquet').open().read())
r['still'] = t.scan().to_arrow().num_rows
print(json.dumps(r))`,
      { credential },
    )
    assert.deepEqual(result, {
      rows: 200,
      properties: 'forbidden',
      create: 'forbidden',
      drop: 'forbidden',
      'overwrite file': 'denied',
      'delete file': 'denied',
      'other file': 'denied',
      still: 200,
    })
  })
})
