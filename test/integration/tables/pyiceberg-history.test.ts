import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import {
  bucketOf,
  dayOf,
  migrations,
  type PartitionTuple,
  type TableChange,
  type TableSpec,
} from '../../../src/tables/index.ts'
import { pathOfFileUri } from '../../../src/storage/index.ts'
import { databases } from '../../support/databases.ts'
import { openParquetFiles, readParquet } from '../../support/parquet-files.ts'
import { define, tempCatalog } from '../../support/temp-catalog.ts'

const python = process.env['NACRE_TEST_PYTHON']

const script = `
import json, sys
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(sys.argv[1])
def rows(scan): return sorted(([row['id'], row['name'], row['home']] for row in scan.to_arrow().to_pylist()), key=str)
refs = table.metadata.refs
print(json.dumps({
  'columns': table.schema().column_names,
  'main': rows(table.scan()),
  'refs': {name: table.scan(snapshot_id=ref.snapshot_id).count() for name, ref in refs.items()},
  'snapshots': [row['operation'] for row in table.inspect.snapshots().to_pylist()],
  'specs': [[field.name for field in spec.fields] for spec in table.specs().values()],
  'files': len(table.inspect.files()),
  'monday': table.scan(row_filter="at < '2026-01-06T00:00:00+00:00'").count(),
}))
`

test(
  'PyIceberg reads a table that was renamed, reordered, repartitioned, compacted, branched and expired',
  { skip: python === undefined && 'NACRE_TEST_PYTHON names no Python with pyiceberg' },
  async () => {
    await using database = await databases[0]!.open(migrations)
    await using world = tempCatalog(database)
    await using parquet = await openParquetFiles()
    const { catalog } = world
    const name = 'events.history'
    const define_ = (spec: TableSpec): Promise<unknown> => catalog.ensureTable(define(name, spec))
    const commit = async (change: object, branch = 'main'): Promise<string> =>
      (await catalog.commit([{ table: name, ...change } as TableChange], { branch }))[0]!.snapshotId
    const write = async (select: string, partition: PartitionTuple) =>
      parquet.write(await catalog.planWrite(name), select, partition)
    const [monday, tuesday] = [{ at_day: '2026-01-05' }, { at_day: '2026-01-06' }]
    const row = (date: string, id: number, label: string, home: string): string =>
      `select timestamptz '${date} 10:00:00Z' as "at", ${id} as id, ${label}, ${home} as home`

    await define_({
      columns: {
        at: 'timestamptz',
        id: 'int',
        label: 'string',
        gone: 'int',
        home: { struct: { city: 'string' } },
      },
      partitionBy: [dayOf('at')],
    })
    const old = (date: string, id: number): string =>
      row(date, id, `'n${id}' as label, 0 as gone`, `{'city': 'c${id}'}`)
    const files = [
      await write(old('2026-01-05', 1), monday),
      await write(old('2026-01-05', 2), monday),
      await write(old('2026-01-06', 3), tuesday),
    ]
    const first = await commit({ kind: 'append', files })
    await catalog.refs.create(name, { name: 'before', type: 'tag' })

    await define_({
      columns: {
        id: 'long',
        name: { type: 'string', renamedFrom: 'label' },
        at: 'timestamptz',
        home: { struct: { city: 'string', zip: 'int' } },
      },
      dropped: ['gone'],
      partitionBy: [dayOf('at'), bucketOf('id', 4)],
    })
    const [group] = await catalog.maintenance.planCompaction(name, { partitions: [monday] })
    assert.equal(group!.scan.files.length, 2)
    const renamed = `select "at", id, label as name, {'city': home.city, 'zip': null} as home from ${readParquet(group!.scan.files)}`
    // PyIceberg's own buckets of 1 and 2, by Murmur3.
    const bucketed = await Promise.all(
      [1, 2].map((id) => write(`select * from (${renamed}) where id = ${id}`, { ...monday, id_bucket: 0 })),
    )
    await commit({
      kind: 'rewrite',
      basedOn: first,
      removes: group!.scan.files.map(({ path }) => path),
      files: bucketed,
    })
    await catalog.refs.create(name, { name: 'audit', type: 'branch' })
    const fresh = (id: number): string =>
      row('2026-01-06', id, `'n${id}' as name`, `{'city': 'c${id}', 'zip': ${id}}`)
    await commit({ kind: 'append', files: [await write(fresh(4), { ...tuesday, id_bucket: 1 })] }, 'audit')
    await catalog.refs.fastForward(name, 'audit')
    await commit({ kind: 'append', files: [await write(fresh(5), { ...tuesday, id_bucket: 2 })] })
    await catalog.maintenance.mergeManifests(name)
    const expired = await catalog.maintenance.expireSnapshots(name, { olderThanMs: -1 })
    assert.equal(expired.snapshotIds.length, 2, 'all but those that main, the branch and the tag are at')

    const rows = await database.query<{ metadata_location: string }>(
      'select metadata_location from catalog_table where name = $1',
      [name],
    )
    const output = execFileSync(python!, ['-c', script, pathOfFileUri(rows[0]!.metadata_location)], {
      encoding: 'utf8',
    })
    const city = (id: number, zip: number | null): unknown => ({ city: `c${id}`, zip })
    assert.deepEqual(JSON.parse(output), {
      columns: ['id', 'name', 'at', 'home.city', 'home.zip', 'home'],
      main: [
        [1, 'n1', city(1, null)],
        [2, 'n2', city(2, null)],
        [3, 'n3', city(3, null)],
        [4, 'n4', city(4, 4)],
        [5, 'n5', city(5, 5)],
      ],
      refs: { main: 5, audit: 4, before: 3 },
      snapshots: ['append', 'append', 'replace'],
      specs: [['at_day'], ['at_day', 'id_bucket']],
      files: 5,
      monday: 2,
    })
  },
)
