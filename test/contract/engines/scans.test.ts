import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { openSandbox } from '../../../src/engines/index.ts'
import { sql } from '../../../src/sql/index.ts'
import type { DataFile, Schema, WriteTarget } from '../../../src/tables/index.ts'
import { engines } from '../../support/engines.ts'
import { openParquetFiles } from '../../support/parquet-files.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { planOf, schemaOf, targetOf } from '../../support/write-target.ts'

/** The columns of position delete files. */
const deleteSchema: Schema = {
  ...schemaOf({}),
  fields: [
    { id: 2147483546, name: 'file_path', required: true, type: 'string' },
    { id: 2147483545, name: 'pos', required: true, type: 'long' },
  ],
}

for (const kind of engines)
  describe(`${kind.name} scans`, { skip: kind.skip }, () => {
    for (const place of ['file', 'mount'])
      test(`rows but those that position deletes name, of a ${place}`, async () => {
        await using folder = tempFolder()
        const mounts = [{ uri: 's3://nacre', folder: folder.path }]
        await using engine = await kind.open({ mounts })
        const target: WriteTarget = {
          ...targetOf(folder.path, { id: 'long', filename: 'string', file_row_number: 'int' }),
          dataLocation: place === 'file' ? `file://${folder.path}/data` : 's3://nacre/data',
        }
        const write = async (from: number): Promise<DataFile> =>
          (
            await engine.write(
              target,
              sql`select ${from} + range as id, 'mine' as filename, 5 as file_row_number from range(10)`,
            )
          )[0]!
        const [first, second, third] = [await write(0), await write(10), await write(20)]
        const deleting = async (rows: readonly [DataFile, number][]): Promise<string> => {
          const values = rows.map(([file, row]) => `('${file.path}', ${row})`).join(', ')
          await using parquet = await openParquetFiles()
          const local = { ...target, schema: deleteSchema, dataLocation: `file://${folder.path}/data` }
          const { path } = await parquet.write(local, `select * from (values ${values}) as d(file_path, pos)`)
          return path.replace(local.dataLocation, target.dataLocation)
        }
        const one = await deleting([
          [first, 0],
          [second, 3],
        ])
        const other = await deleting([
          [first, 9],
          [first, 0],
        ])
        const plan = planOf(target, [first, second, third])
        const files = plan.files.map((file) =>
          file.path === first.path
            ? { ...file, deletes: [one, other] }
            : file.path === second.path
              ? { ...file, deletes: [one] }
              : file,
        )
        await engine.attach({ ...plan, files })
        const left = Array.from({ length: 30 }, (_, id) => id).filter((id) => ![0, 9, 13].includes(id))
        assert.deepEqual(
          (await engine.rows<{ id: number }>('select * from test.rows order by id')).map(({ id }) => id),
          left,
        )
        assert.deepEqual(
          await engine.rows('select distinct filename, file_row_number from test.rows where id < 20'),
          [{ filename: 'mine', file_row_number: 5 }],
        )
        await using sandbox = await openSandbox({ mounts })
        const query = { plans: [{ ...plan, files }], statement: 'select count(*) from test.rows' }
        assert.deepEqual((await sandbox.run(query)).rows, [[left.length]])
      })

    test('only rows of the partitions asked for, of files written under another partitioning', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const columns = { id: 'long', at: 'timestamptz', kind: 'string' } as const
      const target = targetOf(folder.path, columns)
      const files = await engine.write(
        target,
        sql`select range as id, timestamptz '2026-01-05 00:00:00+00' + interval 1 hour * range as at, nullif('k' || range % 2, 'k1') as kind from range(48)`,
      )
      const plan = planOf(target, files)
      const partial = plan.files.map((file) => ({ ...file, isPartial: true as const }))
      const fieldOf = (id: number, transform: string): object => ({
        'source-id': id,
        'field-id': 1000 + id,
        name: `p${id}`,
        transform,
      })
      const count = async (
        transforms: Record<number, string>,
        tuples: readonly object[],
      ): Promise<unknown> => {
        const fields = Object.entries(transforms).map(([id, transform]) => fieldOf(Number(id), transform))
        const partitions = { spec: { 'spec-id': 1, fields }, tuples } as never
        await engine.attach({ ...plan, files: partial, partitions })
        return (await engine.rows('select count(*) as n from test.rows'))[0]!['n']
      }
      assert.equal(await count({ 2: 'day' }, [{ p2: '2026-01-06' }]), 24)
      assert.equal(await count({ 2: 'day', 3: 'identity' }, [{ p2: '2026-01-06', p3: null }]), 12)
      assert.equal(
        await count({ 2: 'day', 3: 'identity' }, [{ p2: '2026-01-06', p3: 'k0' }, { p3: null }]),
        36,
      )
      assert.equal(await count({ 1: 'truncate[10]' }, [{ p1: 10 }, { p1: 40 }]), 18)
      assert.equal(await count({ 9: 'identity' }, [{ p9: null }]), 48)
      assert.equal(await count({ 9: 'identity' }, [{ p9: 1 }]), 0)
      let buckets = 0
      for (const bucket of [0, 1, 2]) buckets += (await count({ 1: 'bucket[3]' }, [{ p1: bucket }])) as number
      assert.equal(buckets, 48)
    })

    test('columns of files without ids by the name mapping of the table', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      await using parquet = await openParquetFiles()
      const path = `${folder.path}/year=2026/old.parquet`
      mkdirSync(`${folder.path}/year=2026`, { recursive: true })
      await parquet.connection.run(
        `copy (select 1::int as "ID", 'x' as ignored, {a: 1, b: 'z'} as s, [{n: 1}] as l, map {'k': {n: 2}} as m) to '${path}' (format parquet)`,
      )
      const inner = (id: number): object => ({
        type: 'struct',
        fields: [{ id, name: 'number', required: false, type: 'long' }],
      })
      const target = targetOf(folder.path, {
        id: 'long',
        s: {
          type: 'struct',
          fields: [
            { id: 11, name: 'b2', required: false, type: 'string' },
            { id: 10, name: 'a2', required: false, type: 'int' },
          ],
        },
        l: { type: 'list', 'element-id': 20, element: inner(21) as never, 'element-required': false },
        m: {
          type: 'map',
          'key-id': 30,
          key: 'string',
          'value-id': 31,
          value: inner(32) as never,
          'value-required': false,
        },
        absent: 'date',
      })
      const nameMapping = JSON.stringify([
        { 'field-id': 1, names: ['id', 'ID'] },
        {
          'field-id': 2,
          names: ['s'],
          fields: [
            { 'field-id': 10, names: ['a'] },
            { 'field-id': 11, names: ['b'] },
          ],
        },
        {
          'field-id': 3,
          names: ['l'],
          fields: [{ 'field-id': 20, names: ['element'], fields: [{ 'field-id': 21, names: ['n'] }] }],
        },
        {
          'field-id': 4,
          names: ['m'],
          fields: [
            { 'field-id': 30, names: ['key'] },
            { 'field-id': 31, names: ['value'], fields: [{ 'field-id': 32, names: ['n'] }] },
          ],
        },
      ])
      const old = { path: `file://${path}`, rowCount: 1, sizeBytes: 1, partition: {}, stats: {} }
      const ours = await engine.write(target, sql`select 2 as id, {b2: 'y', a2: 5} as s`)
      await engine.attach({ ...planOf(target, [old, ...ours]), nameMapping })
      assert.deepEqual(await engine.rows('select * from test.rows order by id'), [
        {
          id: 1,
          s: { b2: 'z', a2: 1 },
          l: [{ number: 1 }],
          m: { k: { number: 2 } },
          absent: null,
        },
        { id: 2, s: { b2: 'y', a2: 5 }, l: null, m: null, absent: null },
      ])
    })

    test('that meet a missing or damaged data file name it and its table; other tables are read', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(folder.path, { id: 'long' })
      const files = await engine.write(target, sql`select range as id from range(10)`)
      const other = targetOf(`${folder.path}/other`, { id: 'long' }, { table: 'test.other' })
      await engine.attach(planOf(other, await engine.write(other, sql`select 1 as id`)))
      await engine.attach(planOf(target, files))
      const path = files[0]!.path.slice('file://'.length)
      for (const harm of [() => writeFileSync(path, 'no parquet at all'), () => rmSync(path)]) {
        harm()
        const broken = {
          code: 'NACRE_CORRUPT',
          message: new RegExp(`'test.rows' cannot be read: its data file ${path}`),
        }
        await assert.rejects(engine.rows('select sum(id) from test.rows'), broken)
        await using sandbox = await openSandbox()
        const plans = [planOf(target, files)]
        await assert.rejects(sandbox.run({ plans, statement: 'select sum(id) from test.rows' }), broken)
      }
      assert.deepEqual(await engine.rows('select * from test.other'), [{ id: 1 }])
    })
  })
