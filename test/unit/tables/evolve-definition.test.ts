import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bucketOf,
  dayOf,
  hourOf,
  identityOf,
  monthOf,
  truncateOf,
  typeText,
  yearOf,
  type PartitionBy,
  type StructType,
  type TableSpec,
} from '../../../src/tables/index.ts'
import { applyUpdates, emptyMetadata } from '../../../src/tables/metadata/metadata-updates.ts'
import { planCreation, planEvolution } from '../../../src/tables/definition/plan-definition.ts'
import {
  currentSchema,
  sortColumns,
  type TableMetadata,
} from '../../../src/tables/metadata/table-metadata.ts'
import { define } from '../../support/temp-catalog.ts'

const at = { nowMs: 0, previous: undefined }

const create = (spec: TableSpec, name = 'a.t'): TableMetadata =>
  applyUpdates(emptyMetadata('uuid', 'file:///w/a/t'), planCreation(define(name, spec)), at)

const evolve = (metadata: TableMetadata, spec: TableSpec): TableMetadata =>
  applyUpdates(metadata, planEvolution(define('a.t', spec), metadata), at)

/** The same with a snapshot, as if it held rows. */
const filled = (metadata: TableMetadata): TableMetadata =>
  applyUpdates(
    metadata,
    [
      {
        action: 'add-snapshot',
        snapshot: {
          'snapshot-id': 7,
          'sequence-number': 1,
          'timestamp-ms': 0,
          'manifest-list': '',
          summary: {},
        },
      },
      { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': 7 },
    ],
    at,
  )

const columnsOf = (metadata: TableMetadata): Record<string, string> =>
  Object.fromEntries(
    currentSchema(metadata).fields.map(({ id, name, required, type }) => [
      name,
      `${id} ${required ? 'required ' : ''}${typeText(type)}`,
    ]),
  )

test('new columns get ids never used before', () => {
  const nested = { struct: { city: 'string', zip: 'int' } } as const
  const first = filled(create({ columns: { id: 'long', home: nested } }))
  assert.deepEqual(columnsOf(first), { id: '1 long', home: '2 struct<city: string, zip: int>' })
  const second = evolve(first, {
    columns: { tags: { list: 'string' }, home: nested, id: 'long', scores: { map: ['int', 'double'] } },
  })
  assert.deepEqual(columnsOf(second), {
    id: '1 long',
    home: '2 struct<city: string, zip: int>',
    tags: '5 list<string>',
    scores: '6 map<int, double>',
  })
  assert.equal(second['last-column-id'], 9)
  assert.deepEqual(
    second.schemas.map((schema) => schema['schema-id']),
    [0, 1],
    'files keep the schema they were written under',
  )
})

test('types widen, docs change and what is required may become optional', () => {
  const first = filled(
    create({ columns: { a: 'int', b: 'float', c: 'decimal(9,2)', d: { type: 'string', required: true } } }),
  )
  const second = evolve(first, {
    columns: { a: { type: 'long', doc: 'More' }, b: 'double', c: 'decimal(12, 2)', d: 'string' },
  })
  assert.deepEqual(columnsOf(second), { a: '1 long', b: '2 double', c: '3 decimal(12,2)', d: '4 string' })
  assert.equal(currentSchema(second).fields[0]!.doc, 'More')
})

test('a definition that goes back to an older version loses nothing', () => {
  const newer = evolve(create({ columns: { a: 'int' } }), { columns: { a: 'int', b: 'int' } })
  const back = evolve(newer, { columns: { a: 'int' } })
  assert.deepEqual(currentSchema(back), currentSchema(newer))
  assert.deepEqual(planEvolution(define('a.t', { columns: { a: 'int', b: 'int' } }), back), [])
})

test('properties follow the definition; those of others stay', () => {
  const first = create({ columns: { a: { type: 'string', personal: true } }, team: 'one', key: ['a'] })
  const theirs = applyUpdates(first, [{ action: 'set-properties', updates: { theirs: 'kept' } }], at)
  const { properties } = evolve(theirs, { columns: { a: 'string' }, team: 'two' })
  assert.deepEqual(properties, { 'nacre.team': 'two', theirs: 'kept' })
})

test('the sort order follows the definition', () => {
  const columns = { a: 'int', b: 'int' } as const
  let metadata = create({ columns, sortBy: ['a'] })
  for (const sortBy of [['b', 'a'], [], ['a'], ['b', 'a']]) {
    metadata = evolve(metadata, { columns, sortBy })
    assert.deepEqual(sortColumns(metadata), sortBy)
  }
  assert.equal(metadata['sort-orders'].length, 3, 'an order that was there before is used again')
})

test('a renamed column keeps its id, wherever it lies, and the order of the definition wins', () => {
  const first = filled(
    create({ columns: { a: 'int', home: { struct: { city: 'string', zip: 'int' } }, c: 'date' } }),
  )
  const spec: TableSpec = {
    columns: {
      c: 'date',
      home: { struct: { zip: 'long', town: 'string', street: 'string' }, renamedFrom: { town: 'city' } },
      b: { type: 'long', renamedFrom: 'a' },
    },
  }
  const second = evolve(first, spec)
  assert.deepEqual(
    currentSchema(second).fields.map(({ id, name, type }) => [id, name, typeText(type)]),
    [
      [3, 'c', 'date'],
      [2, 'home', 'struct<zip: long, town: string, street: string>'],
      [1, 'b', 'long'],
    ],
  )
  const home = currentSchema(second).fields[1]!.type as StructType
  assert.deepEqual(
    home.fields.map(({ id }) => id),
    [5, 4, 6],
  )
  assert.deepEqual(planEvolution(define('a.t', spec), second), [], 'renamedFrom may stand for ever')
})

test('what a definition leaves out stays in its place; what it drops goes, and its id with it', () => {
  const first = filled(
    create({
      columns: {
        a: 'int',
        b: { type: 'int', required: true },
        n: { struct: { x: 'int', y: 'int' } },
        c: 'int',
      },
    }),
  )
  const names = (metadata: TableMetadata): string[] => currentSchema(metadata).fields.map(({ name }) => name)
  const dropped = evolve(first, {
    columns: { c: 'int', n: { struct: { y: 'int' }, dropped: ['x'] } },
    dropped: ['b'],
  })
  assert.deepEqual(names(dropped), ['a', 'c', 'n'])
  assert.equal(typeText(currentSchema(dropped).fields[2]!.type), 'struct<y: int>')
  const back = evolve(dropped, { columns: { a: 'int', b: 'int' } })
  assert.deepEqual(names(back), ['a', 'c', 'n', 'b'])
  assert.equal(currentSchema(back).fields[3]!.id, 7)
  assert.deepEqual(
    names(evolve(first, { columns: { a: 'int', b: { type: 'int', required: true }, c: 'int' } })),
    ['a', 'b', 'n', 'c'],
  )
})

test('a table may be partitioned otherwise; files keep their spec, and fields their ids', () => {
  const columns = { at: 'timestamptz', reader: 'string', n: 'long' } as const
  let metadata = filled(create({ columns, partitionBy: [dayOf('at')] }))
  const specs: (readonly PartitionBy[])[] = [
    [monthOf('at'), bucketOf('reader', 16)],
    [truncateOf('reader', 3), dayOf('at')],
    [],
    [dayOf('at')],
    [yearOf('at'), hourOf('at'), identityOf('n')],
  ]
  for (const partitionBy of specs) metadata = evolve(metadata, { columns, partitionBy })
  assert.deepEqual(
    metadata['partition-specs'].map(({ fields }) =>
      fields.map((field) => [field['field-id'], field.name, field.transform]),
    ),
    [
      [[1000, 'at_day', 'day']],
      [
        [1001, 'at_month', 'month'],
        [1002, 'reader_bucket', 'bucket[16]'],
      ],
      [
        [1003, 'reader_trunc', 'truncate[3]'],
        [1000, 'at_day', 'day'],
      ],
      [],
      [
        [1004, 'at_year', 'year'],
        [1005, 'at_hour', 'hour'],
        [1006, 'n', 'identity'],
      ],
    ],
  )
  assert.equal(metadata['default-spec-id'], 4)
  assert.throws(() => evolve(metadata, { columns: { reader: 'string', n: 'long' }, dropped: ['at'] }), {
    code: 'NACRE_CONFLICT',
    message: /partitioned by 'at_day' of column 'at', which the definition drops/,
  })
})

test('whose rows a table holds and how fresh it is stand in its properties', () => {
  const { properties } = create({ columns: { a: 'string' }, subject: 'a', freshWithin: '2h' })
  assert.deepEqual(properties, { 'nacre.subject': 'a', 'nacre.fresh-within': '2h' })
})

const present: TableSpec = {
  columns: { day: 'date', a: 'long', n: { struct: { x: 'int' } }, r: { type: 'int', required: true } },
}
const refusals: readonly (readonly [RegExp, Partial<TableSpec>])[] = [
  [/column 'a' of type long; the definition says int\./, { columns: { ...present.columns, a: 'int' } }],
  [/column 'a' of type long; the definition says string/, { columns: { ...present.columns, a: 'string' } }],
  [
    /column 'n.x' of type int; the definition says string/,
    { columns: { ...present.columns, n: { struct: { x: 'string' } } } },
  ],
  [
    /column 'n' of type struct<x: int>; the definition says string/,
    { columns: { ...present.columns, n: 'string' } },
  ],
  [
    /null in column 'a', which the definition makes required/,
    { columns: { ...present.columns, a: { type: 'long', required: true } } },
  ],
  [
    /new column 'b' cannot be required/,
    { columns: { ...present.columns, b: { type: 'int', required: true } } },
  ],
  [
    /required column 'r', which the definition lacks/,
    { columns: { day: 'date', a: 'long', n: { struct: { x: 'int' } } } },
  ],
]
for (const [message, change] of refusals) {
  test(`refuses what would lose or reinterpret rows: ${message.source}`, () => {
    const metadata = filled(create(present))
    assert.throws(() => evolve(metadata, { ...present, ...change }), { code: 'NACRE_CONFLICT', message })
  })
}

const contradictions: readonly (readonly [RegExp, string, TableSpec])[] = [
  [/'namespace.name'/, 'plain', { columns: { a: 'int' } }],
  [/'namespace.name'/, 'a/../b.c', { columns: { a: 'int' } }],
  [/no columns/, 'a.t', { columns: {} }],
  [/'a' and 'A' differ in case only/, 'a.t', { columns: { a: 'int', A: 'int' } }],
  [/column name 'a b'/, 'a.t', { columns: { 'a b': 'int' } }],
  [/'a' has type 'bigint', which does not exist/, 'a.t', { columns: { a: 'bigint' as 'long' } }],
  [/'a.element' has type 'decimal\(39,2\)'/, 'a.t', { columns: { a: { list: 'decimal(39,2)' } } }],
  [/key names column 'b'.*\(a\)/, 'a.t', { columns: { a: 'int' }, key: ['b'] }],
  [/sortBy names column 'b'/, 'a.t', { columns: { a: 'int' }, sortBy: ['b'] }],
  [/partitionBy names column 'b'/, 'a.t', { columns: { a: 'int' }, partitionBy: [identityOf('b')] }],
  [
    /partitioned by day of column 'a' of type int/,
    'a.t',
    { columns: { a: 'int' }, partitionBy: [dayOf('a')] },
  ],
  [
    /cannot be partitioned by column 'a'/,
    'a.t',
    { columns: { a: 'double' }, partitionBy: [identityOf('a')] },
  ],
  [/has column 'a' and drops it/, 'a.t', { columns: { a: 'int' }, dropped: ['a'] }],
  [/subject names column 'b'/, 'a.t', { columns: { a: 'int' }, subject: 'b' }],
  [/freshWithin of table 'a.t' 'soon'/, 'a.t', { columns: { a: 'int' }, freshWithin: 'soon' }],
  [
    /partition field 'a_day' has the name of a column/,
    'a.t',
    { columns: { a: 'date', a_day: 'date' }, partitionBy: [dayOf('a')] },
  ],
  [
    /column 'a' is personal/,
    'a.t',
    { columns: { a: { type: 'string', personal: true } }, partitionBy: [identityOf('a')] },
  ],
]
for (const [message, name, spec] of contradictions) {
  test(`refuses a definition that cannot be: ${message.source}`, () => {
    assert.throws(() => create(spec, name), { code: 'NACRE_INPUT', message })
  })
}
