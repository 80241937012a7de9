import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { identifier, rawSql, sql } from '../../../src/sql/index.ts'
import { pathOfFileUri } from '../../../src/storage/index.ts'
import type { IcebergType } from '../../../src/tables/index.ts'
import { engines } from '../../support/engines.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { planOf, schemaOf, targetOf } from '../../support/write-target.ts'

/** For each type: the values as JSON and as they are read, in order, and the least and greatest as statistics have them. */
const types: readonly {
  type: IcebergType
  json: readonly unknown[]
  read?: readonly unknown[]
  min?: string
  max?: string
}[] = [
  { type: 'boolean', json: [false, true], min: '0', max: '1' },
  { type: 'int', json: [-2147483648, 2147483647], min: '-2147483648', max: '2147483647' },
  {
    type: 'long',
    json: [-9007199254740991, 9223372036854775807n],
    min: '-9007199254740991',
    max: '9223372036854775807',
  },
  { type: 'float', json: [-1.5, 0.25], min: '-1.5', max: '0.25' },
  { type: 'double', json: [-0.1, 1e300], min: '-0.1', max: '1e+300' },
  { type: 'date', json: ['0001-01-01', '1969-12-31', '2026-02-28'], min: '0001-01-01', max: '2026-02-28' },
  { type: 'time', json: ['00:00:00', '23:59:59.999999'], min: '00:00:00', max: '23:59:59.999999' },
  {
    type: 'timestamp',
    json: ['1969-12-31T23:59:59.999999', '2026-01-05T10:00:00'],
    read: ['1969-12-31T23:59:59.999999Z', '2026-01-05T10:00:00.000Z'],
    min: '1969-12-31 23:59:59.999999',
    max: '2026-01-05 10:00:00',
  },
  {
    type: 'timestamptz',
    json: ['2026-01-05T10:00:00.123Z', '2026-01-05T23:30:00-05:00'],
    read: ['2026-01-05T10:00:00.123Z', '2026-01-06T04:30:00.000Z'],
    min: '2026-01-05 10:00:00.123+00',
    max: '2026-01-06 04:30:00+00',
  },
  { type: 'string', json: ['', "it's", '“naïve” 🐚'], min: '', max: '“naïve” 🐚' },
  {
    type: 'uuid',
    json: ['00000000-0000-0000-0000-000000000001', 'ffffffff-ffff-4fff-8fff-ffffffffffff'],
    min: '00000000-0000-0000-0000-000000000001',
    max: 'ffffffff-ffff-4fff-8fff-ffffffffffff',
  },
  { type: 'binary', json: [Buffer.of(0, 34, 92, 255), Buffer.of()] },
  { type: 'decimal(9,2)', json: ['-0.01', '1234567.89'], min: '-0.01', max: '1234567.89' },
  {
    type: 'decimal(38, 10)',
    json: ['0.0000000001', '1234567890123456789012345678.0000000001'],
    min: '0.0000000001',
    max: '1234567890123456789012345678.0000000001',
  },
  {
    type: { type: 'list', 'element-id': 100, element: 'string', 'element-required': false },
    json: [[], ['a', null, 'b']],
  },
  {
    type: {
      type: 'struct',
      fields: [
        { id: 100, name: 'a b', required: false, type: 'long' },
        { id: 101, name: 'c', required: false, type: 'date' },
      ],
    },
    json: [
      { 'a b': 1, c: null },
      { 'a b': null, c: '2026-01-01' },
    ],
  },
  {
    type: {
      type: 'map',
      'key-id': 100,
      key: 'string',
      'value-id': 101,
      value: 'double',
      'value-required': false,
    },
    json: [{}, { one: 1, 'two"': null }],
  },
]

for (const kind of engines) {
  describe(`${kind.name} writes`, { skip: kind.skip }, () => {
    for (const { type, json, read = json, min, max } of types) {
      test(`and reads back ${typeof type === 'string' ? type : type.type}`, async () => {
        await using folder = tempFolder()
        await using engine = await kind.open()
        const target = targetOf(folder.path, { '!n': 'int', value: type }, { sortBy: ['n'] })
        const rows = [...json, null].map((value, n) => ({ n, value }))
        await engine.attachRows('input', target, rows)

        const files = await engine.write(target, sql`select * from input`)

        assert.equal(files.length, 1)
        assert.equal(files[0]!.rowCount, rows.length)
        await engine.attachStaged('staged', target, files)
        assert.deepEqual(await engine.rows('select n, value from staged order by n'), [
          ...read.map((value, n) => ({ n, value })),
          { n: json.length, value: null },
        ])
        const stats = files[0]!.stats
        assert.equal(stats['1']?.nullCount, 0)
        assert.equal(stats['1']?.valueCount, rows.length)
        if (typeof type !== 'string') return assert.ok(stats['100']!.sizeBytes > 0)
        assert.equal(stats['2']?.nullCount, 1)
        if (min !== undefined) assert.deepEqual([stats['2']?.min, stats['2']?.max], [min, max])
      })
    }

    for (const type of kind.unwritable)
      test(`and refuses the type ${type}`, async () => {
        await using folder = tempFolder()
        await using engine = await kind.open()
        const target = targetOf(folder.path, { value: type })
        await assert.rejects(engine.write(target, sql`select 'x' as value`), {
          code: 'NACRE_INPUT',
          message: /value.*fixed/,
        })
      })

    test('casts to the types of the table and fills missing columns with null', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(folder.path, {
        '!id': 'long',
        day: 'date',
        note: 'string',
        share: 'decimal(5,2)',
      })
      const files = await engine.write(
        target,
        sql`select '2026-01-05' as day, 7::utinyint as id, 0.125 as share`,
      )
      await engine.attachStaged('staged', target, files)
      assert.deepEqual(await engine.rows('select * from staged'), [
        { id: 7, day: '2026-01-05', note: null, share: '0.13' },
      ])
    })

    test('nothing for a query without rows', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      for (const partitionBy of [[], ['identity(id)']]) {
        const target = targetOf(folder.path, { id: 'long' }, { partitionBy })
        assert.deepEqual(await engine.write(target, sql`select 1 as id where false`), [])
        assert.deepEqual(filesBelow(folder.path), [])
      }
    })

    test('one file a partition, with null apart from the text that stands for it', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(folder.path, { id: 'int', kind: 'string' }, { partitionBy: ['identity(kind)'] })
      const kinds = [null, '__HIVE_DEFAULT_PARTITION__', 'null', '', 'a/b c%20', '..']
      await engine.attachRows(
        'input',
        target,
        kinds.map((value, id) => ({ id, kind: value })),
      )

      const files = await engine.write(target, sql`select * from input`)

      assert.equal(files.length, kinds.length)
      assert.equal(new Set(files.map(({ path }) => path)).size, kinds.length)
      assert.deepEqual(filesBelow(folder.path), files.map(({ path }) => pathOfFileUri(path)).toSorted())
      for (const file of files) {
        await engine.attachStaged('one', target, [file])
        assert.deepEqual(await engine.rows('select kind from one'), [{ kind: file.partition['kind'] }])
      }
      assert.deepEqual(new Set(files.map(({ partition }) => partition['kind'])), new Set(kinds))
    })

    test('partitions by the day in UTC, and by identity of every plain type', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(
        folder.path,
        { d: 'date', t: 'timestamp', z: 'timestamptz', i: 'int', l: 'long', b: 'boolean', m: 'decimal(5,2)' },
        {
          partitionBy: [
            'day(d)',
            'day(t)',
            'day(z)',
            'identity(i)',
            'identity(l)',
            'identity(b)',
            'identity(m)',
          ],
        },
      )
      const files = await engine.write(
        target,
        sql`select date '1969-12-31' as d, timestamp '1969-12-31 23:59:59' as t, timestamptz '2026-01-05 23:30:00-05' as z,
          -1 as i, 9223372036854775807 as l, true as b, 1.5 as m`,
      )
      assert.deepEqual(
        files.map(({ partition }) => partition),
        [
          {
            d_day: '1969-12-31',
            t_day: '1969-12-31',
            z_day: '2026-01-06',
            i: -1,
            l: '9223372036854775807',
            b: true,
            m: '1.50',
          },
        ],
      )
    })

    test('rows in exact order within each partition', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(
        folder.path,
        { day: 'date', reader: 'int', n: 'long' },
        { partitionBy: ['identity(day)'], sortBy: ['reader', 'n'] },
      )
      const files = await engine.write(
        target,
        sql`select date '2026-01-01' + (range % 5)::int as day, hash(range) % 1000 as reader, range as n from range(60000)`,
      )
      assert.equal(files.length, 5)
      for (const file of files) {
        await engine.attachStaged('one', target, [file])
        const rows = await engine.rows<{ reader: number; n: number }>('select reader, n from one')
        const inversions = rows.filter(
          (row, index) =>
            index > 0 &&
            (rows[index - 1]!.reader > row.reader ||
              (rows[index - 1]!.reader === row.reader && rows[index - 1]!.n > row.n)),
        )
        assert.equal(inversions.length, 0)
        assert.equal(rows.length, 12000)
      }
    })

    for (const [problem, select, message] of [
      ['an unknown column', `select 1 as id, 2 as nam`, /no column 'nam'.*id, name, tags/],
      ['a missing required column', `select 'x' as name, [1] as tags`, /'id'.*required.*does not give it/],
      [
        'nulls in a required column',
        `select nullif(range, 1) as id, [1] as tags from range(3)`,
        /'id'.*1 of the rows hold null/,
      ],
      [
        'nulls in a required list',
        `select 1 as id, if(range < 2, null, [1]) as tags from range(3)`,
        /'tags'.*2 of the rows hold null/,
      ],
      [
        'an infinite timestamp',
        `select 1 as id, [1] as tags, 'infinity'::timestamptz as seen`,
        /"seen".*infinite timestamptz/,
      ],
      ['an infinite date', `select 1 as id, [1] as tags, '-infinity'::date as born`, /"born".*infinite date/],
    ] as const)
      test(`refuses ${problem}, and leaves no file`, async () => {
        await using folder = tempFolder()
        await using engine = await kind.open()
        const target = targetOf(folder.path, {
          '!id': 'long',
          name: 'string',
          '!tags': { type: 'list', 'element-id': 100, element: 'int', 'element-required': false },
          seen: 'timestamptz',
          born: 'date',
        })
        await assert.rejects(engine.write(target, rawSql(select)), { code: 'NACRE_INPUT', message })
        assert.deepEqual(filesBelow(folder.path), [])
      })

    test('reports a value that does not fit with the statement, and leaves no file', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(folder.path, { id: 'int' }, { partitionBy: ['identity(id)'] })
      const select = sql`select if(range = 50000, 'x', range::varchar) as id from range(60000)`
      await assert.rejects(engine.write(target, select), {
        code: 'NACRE_SQL',
        message: /Could not convert string 'x' to INT32[^]*range\(60000\)/,
      })
      assert.deepEqual(filesBelow(folder.path), [])
    })

    test('leaves no file when it is cancelled', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(folder.path, { id: 'long', part: 'int' }, { partitionBy: ['identity(part)'] })
      const stop = new AbortController()
      const writing = engine.write(
        target,
        sql`select range as id, range % 3 as part from range(100000000000)`,
        { signal: stop.signal },
      )
      setTimeout(() => stop.abort(), 200)
      await assert.rejects(writing, { code: 'NACRE_CANCELLED' })
      assert.deepEqual(filesBelow(folder.path), [])
    })

    test('names the memory limit when it does not suffice, and spills when it has a scratch folder', async () => {
      await using folder = tempFolder()
      const memoryBytes = 128 * 1024 ** 2
      const scratchFolder = `${folder.path}/scratch`
      const target = targetOf(folder.path, { id: 'string' }, { sortBy: ['id'] })
      const select = sql`select uuid()::varchar || uuid()::varchar as id from range(2000000)`
      {
        await using engine = await kind.open({ memoryBytes })
        await assert.rejects(engine.write(target, select), {
          code: 'NACRE_SQL',
          message: /128 MiB.*resources\.memory/,
        })
        assert.deepEqual(filesBelow(folder.path), [])
      }
      {
        await using engine = await kind.open({ memoryBytes, scratchFolder })
        const files = await engine.write(target, select)
        assert.equal(
          files.reduce((sum, { rowCount }) => sum + rowCount, 0),
          2_000_000,
        )
      }
      assert.deepEqual(readdirSync(scratchFolder), [])
    })
  })

  describe(`${kind.name} attaches snapshots`, { skip: kind.skip }, () => {
    test('resolving columns by field id: renamed, widened, dropped, added', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(folder.path, { id: 'int', name: 'string', gone: 'string', ratio: 'float' })
      const files = await engine.write(target, sql`select 1 as id, 'a' as name, 'b' as gone, 0.5 as ratio`)
      const schema = {
        type: 'struct',
        'schema-id': 1,
        fields: [
          { id: 5, name: 'gone', required: false, type: 'date' },
          { id: 2, name: 'title', required: false, type: 'string' },
          { id: 1, name: 'id', required: false, type: 'long' },
          { id: 4, name: 'ratio', required: false, type: 'double' },
        ],
      } as const
      const newer = { ...target, schema }
      const more = await engine.write(newer, sql`select 2 as id, 'c' as title, date '2026-01-01' as gone`)

      await engine.attach({
        ...planOf(target, files, schema),
        fileSchemas: [target.schema, schema],
        files: [...planOf(target, files).files, ...planOf(newer, more).files],
      })

      assert.deepEqual(await engine.rows('select * from test.rows order by id'), [
        { gone: null, title: 'a', id: 1, ratio: 0.5 },
        { gone: '2026-01-01', title: 'c', id: 2, ratio: null },
      ])
    })

    test('resolving members of structs, lists and maps by field id', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const device = (
        base: number,
        members: readonly [id: number, name: string, type: IcebergType][],
      ): IcebergType => ({
        type: 'struct',
        fields: members.map(([id, name, type]) => ({ id: base + id, name, required: false, type })),
      })
      const columns = (members: readonly [number, string, IcebergType][]): Record<string, IcebergType> => ({
        id: 'int',
        one: device(100, members),
        many: { type: 'list', 'element-id': 200, element: device(200, members), 'element-required': false },
        named: {
          type: 'map',
          'key-id': 300,
          key: 'string',
          'value-id': 301,
          value: device(400, members),
          'value-required': false,
        },
      })
      const older = targetOf(
        folder.path,
        columns([
          [1, 'os', 'string'],
          [2, 'ram', 'int'],
        ]),
      )
      const changed = columns([
        [2, 'memory', 'long'],
        [3, 'os', 'date'],
        [1, 'system', 'string'],
      ])
      const newer = { ...older, schema: schemaOf(changed, 1) }
      const first = await engine.write(
        older,
        sql`select 1 as id, {os: 'a', ram: 1} as one, [{os: 'b', ram: 2}, null] as many, map {'k': {os: 'c', ram: 3}} as named union all select 2, null, null, null`,
      )
      const second = await engine.write(newer, sql`select 3 as id, {memory: 9, os: null, system: 'z'} as one`)

      await engine.attach({
        ...planOf(newer, second),
        fileSchemas: [older.schema, newer.schema],
        files: [...planOf(older, first).files, ...planOf(newer, second).files],
      })

      const nothing = { one: null, many: null, named: null }
      assert.deepEqual(await engine.rows('select * from test.rows order by id'), [
        {
          id: 1,
          one: { memory: 1, os: null, system: 'a' },
          many: [{ memory: 2, os: null, system: 'b' }, null],
          named: { k: { memory: 3, os: null, system: 'c' } },
        },
        { id: 2, ...nothing },
        { ...nothing, id: 3, one: { memory: 9, os: null, system: 'z' } },
      ])
    })

    test('empty ones with their types, and the next one in place of the last', async () => {
      await using folder = tempFolder()
      await using engine = await kind.open()
      const target = targetOf(
        folder.path,
        { id: 'long', at: 'timestamptz' },
        { table: 'deep.name space.rows' },
      )
      await engine.attach(planOf(target, []))
      const { columns, batches } = await engine.query('select * from "deep.name space".rows')
      assert.deepEqual(
        columns.map(({ name }) => name),
        ['id', 'at'],
      )
      assert.deepEqual(await Array.fromAsync(batches), [])

      const files = await engine.write(target, sql`select 5 as id`)
      await engine.attach(planOf(target, files))
      const reference = { kind: 'table-ref', name: target.table } as const
      for (const from of [sql`${reference}`, identifier(target.table), sql`"deep.name space".rows`])
        assert.deepEqual(await engine.rows(sql`select id from ${from}`), [{ id: 5 }])
    })
  })
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .toSorted()
}
