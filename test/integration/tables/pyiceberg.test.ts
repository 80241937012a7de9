import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { dayOf, identityOf, migrations } from '../../../src/tables/index.ts'
import { pathOfFileUri } from '../../../src/storage/index.ts'
import { databases } from '../../support/databases.ts'
import { openParquetFiles } from '../../support/parquet-files.ts'
import { define, tempCatalog } from '../../support/temp-catalog.ts'

const python = process.env['NACRE_TEST_PYTHON']

const script = `
import json, sys
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(sys.argv[1])
def pruned(filter): return [table.scan(row_filter=filter).count(), len(list(table.scan(row_filter=filter).plan_files()))]
first = table.scan().to_arrow().sort_by('id').to_pylist()[0]
print(json.dumps({
  'rows': table.scan().count(),
  'sum': sum(row['id'] for row in table.scan().to_arrow().to_pylist()),
  'first': {key: str(value) for key, value in first.items()},
  'day': pruned("at >= '2026-01-06T00:00:00+00:00'"),
  'flag': pruned("flag = true"),
  'bound': pruned("id > 9007199254740992"),
  'snapshots': [row['operation'] for row in table.inspect.snapshots().to_pylist()],
  'partitions': sorted(f"{row['partition']['at_day']} {row['partition']['flag']} {row['record_count']}" for row in table.inspect.partitions().to_pylist()),
  'bounds_of_who': [task.file.lower_bounds.get(4) for task in table.scan().plan_files()],
}))
`

test(
  'PyIceberg reads what we commit, and prunes by our partitions and bounds',
  { skip: python === undefined && 'NACRE_TEST_PYTHON names no Python with pyiceberg' },
  async () => {
    await using database = await databases[0]!.open(migrations)
    await using world = tempCatalog(database)
    await using parquet = await openParquetFiles()
    const { catalog, store, warehouse } = world
    const table = define('events.everything', {
      columns: {
        at: 'timestamptz',
        flag: 'boolean',
        id: 'long',
        who: { type: 'string', personal: true },
        born: 'date',
        price: 'decimal(12,2)',
        ratio: 'double',
        small: 'float',
        key: 'uuid',
        local: 'timestamp',
        time: 'time',
        raw: 'binary',
        tags: { list: 'string' },
        home: { struct: { city: 'string', pos: { struct: { x: 'double' } } } },
        marks: { map: ['string', 'int'] },
      },
      partitionBy: [dayOf('at'), identityOf('flag')],
      sortBy: ['id'],
    })
    await catalog.ensureTable(table)
    const target = await catalog.planWrite(table.name)
    const write = (date: string, flag: boolean | null, id: string) =>
      parquet.write(
        target,
        `select timestamptz '${date} 10:00:00Z' as "at", ${flag}::boolean as flag, ${id} as id, 'ann' as who, date '1815-12-23' as born, 12.5 as price,
          'nan'::double as ratio, 1.5 as small, uuid '00112233-4455-6677-8899-aabbccddeeff' as key, timestamp '2026-01-05 10:00:00.5' as local,
          time '10:00' as time, '\\xAB'::blob as raw, ['a', null] as tags, {city: 'Paris', pos: {x: 1}} as home, map {'k': 1} as marks`,
        { at_day: date, flag },
      )
    const files = [
      await write('2026-01-05', true, '1'),
      await write('2026-01-05', null, '2'),
      await write('2026-01-06', true, '3'),
    ]
    await catalog.commit([{ kind: 'append', table: table.name, files }])
    const replacement = await write('2026-01-06', false, '9007199254740993')
    const partitions = [{ at_day: '2026-01-06' }]
    await catalog.commit([
      { kind: 'overwrite-partitions', table: table.name, partitions, files: [replacement] },
    ])

    const metadata = (await Array.fromAsync(store.list(`${warehouse}/events/everything/metadata`))).findLast(
      ({ uri }) => uri.endsWith('.metadata.json'),
    )!
    const output = execFileSync(python!, [
      '-W',
      'ignore',
      '-c',
      script,
      pathOfFileUri(metadata.uri),
    ]).toString()
    assert.deepEqual(JSON.parse(output.replace('9007199254740996', '"exact"')), {
      rows: 3,
      sum: 'exact',
      first: {
        at: '2026-01-05 10:00:00+00:00',
        flag: 'True',
        id: '1',
        who: 'ann',
        born: '1815-12-23',
        price: '12.50',
        ratio: 'nan',
        small: '1.5',
        key: '00112233-4455-6677-8899-aabbccddeeff',
        local: '2026-01-05 10:00:00.500000',
        time: '10:00:00',
        raw: "b'\\xab'",
        tags: "['a', None]",
        home: "{'city': 'Paris', 'pos': {'x': 1.0}}",
        marks: "[('k', 1)]",
      },
      day: [1, 1],
      flag: [1, 1],
      bound: [1, 1],
      snapshots: ['append', 'overwrite'],
      partitions: ['2026-01-05 None 1', '2026-01-05 True 1', '2026-01-06 False 1'],
      bounds_of_who: [null, null, null],
    })
  },
)
