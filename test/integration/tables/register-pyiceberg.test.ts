import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { test } from 'node:test'
import { pathOfFileUri } from '../../../src/storage/index.ts'
import { migrations } from '../../../src/tables/index.ts'
import { databases } from '../../support/databases.ts'
import { openParquetFiles, readParquet } from '../../support/parquet-files.ts'
import { noPython, runPython } from '../../support/python.ts'
import { fakeFile, tempCatalog } from '../../support/temp-catalog.ts'

/** A table of two appends and a delete, in the format version asked for, by PyIceberg's own catalog. */
const write = `
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
catalog = SqlCatalog('own', uri='sqlite:///:memory:', warehouse=given['warehouse'])
catalog.create_namespace('outside')
schema = pa.schema([pa.field('id', pa.int64()), pa.field('who', pa.string()), pa.field('tags', pa.list_(pa.string()))])
table = catalog.create_table('outside.readers', schema=schema, properties={'format-version': given['version']})
with table.update_spec() as update: update.add_identity('who')
rows = lambda ids, who: pa.Table.from_pylist([{'id': id, 'who': who, 'tags': ['x', 'y']} for id in ids], schema=schema)
table.append(rows([1, 2, 3], 'ann'))
table.append(rows([4, 2**60], 'bob'))
table.delete('id = 2')
print(json.dumps({ 'metadata': table.metadata_location, 'uuid': str(table.metadata.table_uuid), 'count': table.scan().count(),
  'snapshot': str(table.metadata.current_snapshot_id), 'version': table.metadata.format_version }))
`

interface Written {
  readonly metadata: string
  readonly uuid: string
  readonly count: number
  readonly snapshot: string
  readonly version: number
}

for (const version of ['1', '2']) {
  test(
    `a table that PyIceberg wrote as format version ${version} is registered, read, changed and read by PyIceberg again`,
    { skip: noPython },
    async () => {
      await using database = await databases[0]!.open(migrations)
      await using world = tempCatalog(database)
      await using parquet = await openParquetFiles()
      const { catalog, store, warehouse } = world
      const written = await runPython<Written>(write, { warehouse: `${warehouse}/pyiceberg`, version })
      assert.deepEqual([written.version, written.count], [Number(version), 4])
      await catalog.iceberg.createNamespace(['outside'], {})
      const loaded = await catalog.iceberg.registerTable('outside.readers', written.metadata)
      assert.equal(loaded.metadata['format-version'], 2)
      assert.equal(loaded.metadata['table-uuid'], written.uuid)

      const read = async (): Promise<unknown> =>
        parquet.rows(
          `select id, who from ${readParquet((await catalog.planScan('outside.readers')).files)} order by id`,
        )
      const rows = [
        { id: '1', who: 'ann' },
        { id: '3', who: 'ann' },
        { id: '4', who: 'bob' },
        { id: String(2n ** 60n), who: 'bob' },
      ]
      assert.deepEqual(await read(), rows)
      const info = await catalog.table('outside.readers')
      assert.deepEqual([info.rows, info.current?.snapshotId], [4, written.snapshot])

      const target = await catalog.planWrite('outside.readers')
      const file = await parquet.write(target, "select 5 as id, 'eve' as who, ['z'] as tags", { who: 'eve' })
      await catalog.commit([{ kind: 'append', table: 'outside.readers', files: [file] }])
      assert.deepEqual(await read(), [...rows.slice(0, 3), { id: '5', who: 'eve' }, rows[3]])
      const { metadataLocation } = await catalog.iceberg.loadTable('outside.readers')
      const seen = await runPython<{ ids: number[]; version: number }>(
        `
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(given['metadata'])
print(json.dumps({ 'ids': [str(row['id']) for row in table.scan().to_arrow().sort_by('id').to_pylist()], 'version': table.metadata.format_version }))
`,
        { metadata: metadataLocation },
      )
      assert.deepEqual(seen, { ids: ['1', '3', '4', '5', String(2n ** 60n)], version: 2 })

      await assert.rejects(catalog.iceberg.registerTable('outside.again', written.metadata), {
        code: 'NACRE_CONFLICT',
        message: new RegExp(written.uuid),
      })
      await catalog.iceberg.dropTable('outside.readers')
      const zipped = written.metadata.replace('.metadata.json', '.gz.metadata.json')
      await store.writeIfAbsent(zipped, gzipSync(await store.read(written.metadata)))
      await catalog.iceberg.registerTable('outside.zipped', zipped)
      assert.equal((await catalog.table('outside.zipped')).rows, 4)
      const stray = await fakeFile(store, target.dataLocation)
      await catalog.iceberg.dropTable('outside.zipped', { purge: true })
      const left = (await Array.fromAsync(store.list(info.location))).map(({ uri }) => uri)
      assert.ok(left.includes(stray.path), 'a file that the table does not name stays')
      assert.deepEqual(
        left.filter((uri) => uri.endsWith('.parquet') && uri !== stray.path && uri !== file.path).length,
        0,
        pathOfFileUri(info.location),
      )
    },
  )
}
