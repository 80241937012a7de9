import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseLossless, stringifyLossless } from '../../../src/base/index.ts'
import { checkEvolution } from '../../../src/tables/schema/check-evolution.ts'
import { planTableRequest } from '../../../src/tables/catalog/create-table.ts'
import { checkRequirements } from '../../../src/tables/metadata/metadata-requirements.ts'
import { applyUpdates, emptyMetadata } from '../../../src/tables/metadata/metadata-updates.ts'
import { parseMetadata } from '../../../src/tables/metadata/parse-metadata.ts'
import { parseRequirements, parseTableUpdates } from '../../../src/tables/metadata/parse-updates.ts'
import type { TableMetadata } from '../../../src/tables/metadata/table-metadata.ts'

const uuid = '0198c0de-0000-7000-8000-000000000001'
const location = 'file:///warehouse/a/t'

const column = (id: number, name: string, type: unknown, required = false): object => ({
  id,
  name,
  required,
  type,
})
const schemaOf = (...fields: object[]): object => ({ type: 'struct', fields })
const identity = (source: number, name: string): object => ({
  'source-id': source,
  name,
  transform: 'identity',
})

/** A table of `id long required, day date, home struct<city, tags list<string>>`, partitioned by day. */
function made(): TableMetadata {
  const updates = planTableRequest({
    name: 'a.t',
    schema: schemaOf(
      column(10, 'id', 'long', true),
      column(20, 'day', 'date'),
      column(30, 'home', {
        type: 'struct',
        fields: [
          column(31, 'city', 'string'),
          column(32, 'tags', {
            type: 'list',
            'element-id': 33,
            element: 'string',
            'element-required': false,
          }),
        ],
      }),
    ) as never,
    spec: { fields: [identity(20, 'day')] } as never,
    sortOrder: {
      fields: [{ 'source-id': 10, transform: 'identity', direction: 'asc', 'null-order': 'nulls-first' }],
    } as never,
    properties: { owner: 'ann', 'format-version': '2' },
  })
  return applyUpdates(emptyMetadata(uuid, location), updates, { nowMs: 1000, previous: undefined })
}

const snapshot = (id: number | bigint, sequence: number, more: object = {}): object => ({
  action: 'add-snapshot',
  snapshot: {
    'snapshot-id': id,
    'sequence-number': sequence,
    'timestamp-ms': 2000 + sequence,
    'manifest-list': `${location}/metadata/snap-${id}.avro`,
    summary: { operation: 'append' },
    'schema-id': 0,
    ...more,
  },
})
const ref = (name: string, id: number | bigint, more: object = {}): object => ({
  action: 'set-snapshot-ref',
  'ref-name': name,
  type: 'branch',
  'snapshot-id': id,
  ...more,
})

/** Applies updates as they come from outside, each list as one commit. */
function commit(metadata: TableMetadata, ...commits: readonly (readonly object[])[]): TableMetadata {
  return commits.reduce<TableMetadata>((before, updates, index) => {
    const sent = parseTableUpdates(parseLossless(stringifyLossless(updates)))
    const after = applyUpdates(before, sent, {
      nowMs: 10_000 + index,
      previous: `${location}/metadata/v${index}`,
    })
    checkEvolution(before, after)
    return after
  }, metadata)
}

const withRows = (): TableMetadata => commit(made(), [snapshot(1, 1), ref('main', 1)])

test('a new table has ids of the catalog: a level first, then what lies inside', () => {
  const metadata = made()
  assert.deepEqual(metadata.schemas, [
    {
      type: 'struct',
      'schema-id': 0,
      fields: [
        column(1, 'id', 'long', true),
        column(2, 'day', 'date'),
        column(3, 'home', {
          type: 'struct',
          fields: [
            column(4, 'city', 'string'),
            column(5, 'tags', {
              type: 'list',
              'element-id': 6,
              element: 'string',
              'element-required': false,
            }),
          ],
        }),
      ],
    },
  ])
  assert.deepEqual(metadata['partition-specs'], [
    { 'spec-id': 0, fields: [{ 'source-id': 2, 'field-id': 1000, name: 'day', transform: 'identity' }] },
  ])
  assert.deepEqual(
    [metadata['last-column-id'], metadata['last-partition-id'], metadata['default-sort-order-id']],
    [6, 1000, 1],
  )
  assert.deepEqual(metadata.properties, { owner: 'ann' }, 'the version wished for is no property')
  assert.equal(metadata['table-uuid'], uuid)
})

describe('updates', () => {
  test('schemas are added under the next id, or found again by content', () => {
    const wider = schemaOf(...made().schemas[0]!.fields, column(7, 'note', 'string'))
    const evolved = commit(made(), [
      { action: 'add-schema', schema: wider },
      { action: 'set-current-schema', 'schema-id': -1 },
    ])
    assert.deepEqual([evolved['current-schema-id'], evolved['last-column-id']], [1, 7])
    const back = commit(evolved, [
      { action: 'add-schema', schema: { ...made().schemas[0], 'schema-id': 77 } },
      { action: 'set-current-schema', 'schema-id': -1 },
    ])
    assert.deepEqual([back['current-schema-id'], back.schemas.length, back['last-column-id']], [0, 2, 7])
    const less = commit(back, [{ action: 'remove-schemas', 'schema-ids': [1] }])
    assert.deepEqual(
      less.schemas.map((schema) => schema['schema-id']),
      [0],
    )
  })

  test('specs reuse ids of fields with the same source and transform, and are found again by content', () => {
    const both = commit(made(), [
      { action: 'add-spec', spec: { fields: [identity(2, 'day'), identity(1, 'id')] } },
      { action: 'set-default-spec', 'spec-id': -1 },
    ])
    assert.deepEqual(
      both['partition-specs'][1]!.fields.map((field) => field['field-id']),
      [1000, 1001],
    )
    assert.deepEqual([both['default-spec-id'], both['last-partition-id']], [1, 1001])
    const again = commit(both, [
      { action: 'add-spec', spec: { 'spec-id': 9, fields: [{ ...identity(2, 'day'), 'field-id': 1000 }] } },
      { action: 'set-default-spec', 'spec-id': -1 },
    ])
    assert.deepEqual([again['default-spec-id'], again['partition-specs'].length], [0, 2])
    const less = commit(again, [{ action: 'remove-partition-specs', 'spec-ids': [1] }])
    assert.equal(less['partition-specs'].length, 1)
    assert.equal(less['last-partition-id'], 1001, 'ids are never given again')
  })

  test('sort orders: 0 is the unsorted one, others count from 1', () => {
    const unsorted = commit(made(), [
      { action: 'add-sort-order', 'sort-order': { 'order-id': 5, fields: [] } },
      { action: 'set-default-sort-order', 'sort-order-id': -1 },
    ])
    assert.deepEqual(
      unsorted['sort-orders'].map((order) => order['order-id']),
      [1, 0],
    )
    assert.equal(unsorted['default-sort-order-id'], 0)
  })

  test('snapshots of 63 bits become current, and go with their statistics', () => {
    const id = 2n ** 62n + 1n
    const statistics = {
      'snapshot-id': id,
      'statistics-path': `${location}/s.puffin`,
      'file-size-in-bytes': 9,
    }
    const big = commit(
      made(),
      [snapshot(id, 1), ref('main', id)],
      [
        { action: 'set-statistics', statistics: { ...statistics, 'blob-metadata': [{ type: 'theta' }] } },
        { action: 'set-partition-statistics', 'partition-statistics': statistics },
      ],
    )
    assert.equal(big['current-snapshot-id'], id)
    assert.deepEqual(big['snapshot-log'], [{ 'timestamp-ms': 2001, 'snapshot-id': id }])
    assert.deepEqual(big.statistics, [{ ...statistics, 'blob-metadata': [{ type: 'theta' }] }])
    assert.deepEqual(parseMetadata(stringifyLossless(big), 'x'), big, 'as JSON and back')
    const without = commit(big, [
      { action: 'remove-statistics', 'snapshot-id': id },
      { action: 'remove-partition-statistics', 'snapshot-id': id },
    ])
    assert.deepEqual([without.statistics, without['partition-statistics']], [[], []])
    const expired = commit(
      big,
      [snapshot(2, 2, { 'parent-snapshot-id': id }), ref('main', 2)],
      [{ action: 'remove-snapshots', 'snapshot-ids': [id, 12345] }],
    )
    assert.deepEqual(
      [expired.snapshots.length, expired.statistics, expired['partition-statistics']],
      [1, [], []],
    )
    assert.deepEqual(
      expired['snapshot-log'].map((entry) => entry['snapshot-id']),
      [2],
    )
  })

  test('the log has no snapshot that was current only inside a commit, and its times never go back', () => {
    const two = commit(made(), [snapshot(1, 1), ref('main', 1), snapshot(2, 2), ref('main', 2)])
    assert.deepEqual(
      two['snapshot-log'].map((entry) => entry['snapshot-id']),
      [2],
    )
    const rolledBack = commit(two, [ref('main', 1)])
    assert.deepEqual(rolledBack['snapshot-log'].at(-1), { 'timestamp-ms': 10_000, 'snapshot-id': 1 })
    const slowClock = commit(rolledBack, [snapshot(3, 3, { 'timestamp-ms': 5 }), ref('main', 3)])
    assert.deepEqual(slowClock['snapshot-log'].at(-1), { 'timestamp-ms': 10_000, 'snapshot-id': 3 })
    assert.equal(slowClock['last-updated-ms'], 10_000)
  })

  test('branches and tags come with their ages and go', () => {
    const ages = { 'min-snapshots-to-keep': 2, 'max-snapshot-age-ms': 5, 'max-ref-age-ms': 7 }
    const named = commit(withRows(), [
      ref('audit', 1, ages),
      { ...ref('eom', 1, { 'max-ref-age-ms': 9 }), type: 'tag' },
    ])
    assert.deepEqual(named.refs['audit'], { type: 'branch', 'snapshot-id': 1, ...ages })
    assert.deepEqual(named.refs['eom'], { type: 'tag', 'snapshot-id': 1, 'max-ref-age-ms': 9 })
    const less = commit(named, [{ action: 'remove-snapshot-ref', 'ref-name': 'eom' }])
    assert.deepEqual(Object.keys(less.refs), ['main', 'audit'])
    const empty = commit(withRows(), [{ action: 'remove-snapshot-ref', 'ref-name': 'main' }])
    assert.equal(empty['current-snapshot-id'], null)
  })

  test('properties, location, uuid and version', () => {
    const changed = commit(made(), [
      { action: 'set-properties', updates: { a: '1', b: '' } },
      { action: 'remove-properties', removals: ['owner', 'nothing'] },
      { action: 'set-location', location: 'file:///warehouse/a/u/' },
      { action: 'assign-uuid', uuid: uuid.toUpperCase() },
      { action: 'upgrade-format-version', 'format-version': 2 },
    ])
    assert.deepEqual(changed.properties, { a: '1', b: '' })
    assert.equal(changed.location, 'file:///warehouse/a/u')
  })

  test('the metadata log keeps as many as the table says', () => {
    const keep = { action: 'set-properties', updates: { 'write.metadata.previous-versions-max': '2' } }
    const many = commit(made(), [keep], [keep], [keep], [keep])
    assert.deepEqual(
      many['metadata-log'].map((entry) => entry['metadata-file']),
      [`${location}/metadata/v2`, `${location}/metadata/v3`],
    )
  })
})

test('updates that contradict the table are refused, naming what is wrong', () => {
  const fields = made().schemas[0]!.fields
  const evolve = (...wanted: object[]): object[] => [
    { action: 'add-schema', schema: schemaOf(...wanted) },
    { action: 'set-current-schema', 'schema-id': -1 },
  ]
  const home = fields[2]!
  const cases: readonly (readonly [RegExp, TableMetadata, readonly object[]])[] = [
    [
      /uuid is 0198.* cannot become 1111/,
      made(),
      [{ action: 'assign-uuid', uuid: '11111111-1111-1111-1111-111111111111' }],
    ],
    [/version 3 is not supported/, made(), [{ action: 'upgrade-format-version', 'format-version': 3 }]],
    [/version 1 is not supported/, made(), [{ action: 'upgrade-format-version', 'format-version': 1 }]],
    [
      /sets schema 9, which the table does not have \(0\)/,
      made(),
      [{ action: 'set-current-schema', 'schema-id': 9 }],
    ],
    [
      /last added schema, but the commit adds none/,
      made(),
      [{ action: 'set-current-schema', 'schema-id': -1 }],
    ],
    [/last added partition spec/, made(), [{ action: 'set-default-spec', 'spec-id': -1 }]],
    [/sort order 4/, made(), [{ action: 'set-default-sort-order', 'sort-order-id': 4 }]],
    [
      /'id' \(id 1\) is long and cannot become int/,
      made(),
      evolve(column(1, 'id', 'int'), ...fields.slice(1)),
    ],
    [
      /'note' has id 4, which belongs to 'home.city'/,
      made(),
      evolve(...fields.slice(0, 2), column(4, 'note', 'string')),
    ],
    [
      /'day' \(id 2\) is date and cannot become struct/,
      made(),
      evolve(fields[0]!, column(2, 'day', { type: 'struct', fields: [] }), home),
    ],
    [
      /'note' cannot be required: the table holds rows/,
      withRows(),
      evolve(...fields, column(7, 'note', 'string', true)),
    ],
    [/'day' cannot be required/, withRows(), evolve(fields[0]!, column(2, 'day', 'date', true), home)],
    [/Partition field 'day' has source 2, which is no field/, made(), evolve(fields[0]!, home)],
    [/sort order has source 1/, made(), evolve(...fields.slice(1))],
    [
      /Partition field 'x' has source 99/,
      made(),
      [
        { action: 'add-spec', spec: { fields: [identity(99, 'x')] } },
        { action: 'set-default-spec', 'spec-id': -1 },
      ],
    ],
    [
      /'x' has id 1000, which belongs to 'day'/,
      made(),
      [{ action: 'add-spec', spec: { fields: [{ ...identity(1, 'x'), 'field-id': 1000 }] } }],
    ],
    [
      /one field id to two fields/,
      made(),
      [
        {
          action: 'add-spec',
          spec: {
            fields: [
              { ...identity(1, 'x'), 'field-id': 1005 },
              { ...identity(3, 'y'), 'field-id': 1005 },
            ],
          },
        },
      ],
    ],
    [
      /'day' has the name of a column but is made of 'id'/,
      made(),
      [
        { action: 'add-spec', spec: { fields: [identity(1, 'day')] } },
        { action: 'set-default-spec', 'spec-id': -1 },
      ],
    ],
    [
      /Partition spec 0 is the table's default/,
      made(),
      [{ action: 'remove-partition-specs', 'spec-ids': [0] }],
    ],
    [/Schema 0 is the table's current one/, made(), [{ action: 'remove-schemas', 'schema-ids': [0] }]],
    [
      /Schema 0 is that of snapshot 1/,
      commit(withRows(), evolve(...fields, column(7, 'n', 'int'))),
      [{ action: 'remove-schemas', 'schema-ids': [0] }],
    ],
    [/names schema 8/, made(), [snapshot(1, 1, { 'schema-id': 8 })]],
    [/Snapshot 1 exists already/, withRows(), [snapshot(1, 2)]],
    [/sequence number 1, but the table is at 1/, withRows(), [snapshot(2, 1, { 'parent-snapshot-id': 1 })]],
    [
      /builds on snapshot 7, which the table does not have/,
      withRows(),
      [snapshot(2, 2, { 'parent-snapshot-id': 7 })],
    ],
    [/'main' names snapshot 3, which does not exist/, withRows(), [ref('main', 3)]],
    [/'main' is the table's branch and cannot be a tag/, withRows(), [{ ...ref('main', 1), type: 'tag' }]],
    [/which only branches have/, withRows(), [{ ...ref('t', 1, { 'max-snapshot-age-ms': 5 }), type: 'tag' }]],
    [
      /Snapshot 1 cannot go: branch 'main' names it/,
      withRows(),
      [{ action: 'remove-snapshots', 'snapshot-ids': [1] }],
    ],
  ]
  for (const [message, metadata, updates] of cases)
    assert.throws(() => commit(metadata, updates), { name: 'NacreError', message }, String(message))
  const conflict = { code: 'NACRE_COMMIT_CONFLICT' }
  const late = snapshot(2, 1, { 'parent-snapshot-id': 1 })
  assert.throws(() => commit(withRows(), [late]), conflict, 'made before another one landed')
})

test('a snapshot that builds on none replaces the table, whatever landed before it, and may require columns', () => {
  const [id, ...others] = made().schemas[0]!.fields
  const replaced = commit(withRows(), [
    {
      action: 'add-schema',
      schema: schemaOf({ ...id!, required: true }, ...others, column(7, 'note', 'string', true)),
    },
    { action: 'set-current-schema', 'schema-id': -1 },
    snapshot(2, 1),
    { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': 2 },
  ])
  assert.deepEqual([replaced['current-snapshot-id'], replaced['last-sequence-number']], [2, 1])
})

test('updates that are no updates are refused, naming the value', () => {
  const nested = (type: unknown): object => ({ action: 'add-schema', schema: schemaOf(column(1, 'a', type)) })
  const cases: readonly (readonly [RegExp, unknown])[] = [
    [/'updates' is 5; it must be a list/, 5],
    [/'updates\[0\]' is null; it must be an object/, [null]],
    [/'updates\[0\].action' is missing/, [{}]],
    [
      /is update 'add-encryption-key', which is not supported. Supported are assign-uuid/,
      [{ action: 'add-encryption-key' }],
    ],
    [/is update '__proto__'/, [{ action: '__proto__' }]],
    [/is update 'constructor'/, [{ action: 'constructor' }]],
    [/'updates\[0\].uuid' is "me"; it must be a UUID/, [{ action: 'assign-uuid', uuid: 'me' }]],
    [/format-version' is "2"/, [{ action: 'upgrade-format-version', 'format-version': '2' }]],
    [/schema.type' is "list"/, [{ action: 'add-schema', schema: { type: 'list' } }]],
    [/fields\[0\].type' is "strng"; it must be one of boolean/, [nested('strng')]],
    [/fields\[0\].type' is 'timestamp_ns', a type of format version 3/, [nested('timestamp_ns')]],
    [/'variant', a type of format version 3/, [nested('variant')]],
    [/"decimal\(39,2\)"/, [nested('decimal(39,2)')]],
    [/fields\[0\].type.type' is "set"/, [nested({ type: 'set' })]],
    [/element-id' is missing/, [nested({ type: 'list', element: 'int', 'element-required': true })]],
    [
      /gives field id 1 twice/,
      [nested({ type: 'list', 'element-id': 1, element: 'int', 'element-required': true })],
    ],
    [
      /two fields named 'a'/,
      [{ action: 'add-schema', schema: schemaOf(column(1, 'a', 'int'), column(2, 'a', 'int')) }],
    ],
    [
      /names identifier field 4/,
      [{ action: 'add-schema', schema: { ...schemaOf(column(1, 'a', 'int')), 'identifier-field-ids': [4] } }],
    ],
    [
      /'initial-default', which needs format version 3/,
      [{ action: 'add-schema', schema: schemaOf({ ...column(1, 'a', 'int'), 'initial-default': 1 }) }],
    ],
    [
      /transform' is "dayy"/,
      [{ action: 'add-spec', spec: { fields: [{ ...identity(1, 'a'), transform: 'dayy' }] } }],
    ],
    [
      /transform' is "bucket\[0\]"/,
      [{ action: 'add-spec', spec: { fields: [{ ...identity(1, 'a'), transform: 'bucket[0]' }] } }],
    ],
    [
      /has several sources/,
      [{ action: 'add-spec', spec: { fields: [{ ...identity(1, 'a'), 'source-ids': [1, 2] }] } }],
    ],
    [
      /null-order' is missing/,
      [
        {
          action: 'add-sort-order',
          'sort-order': { fields: [{ transform: 'identity', 'source-id': 1, direction: 'asc' }] },
        },
      ],
    ],
    [/snapshot-id' is 1.5/, [snapshot(1.5, 1)]],
    [/snapshot-id' is -4/, [snapshot(-4, 1)]],
    [/snapshot-id' is 9223372036854775808/, [snapshot(2n ** 63n, 1)]],
    [/summary.operation' is "insert"/, [snapshot(1, 1, { summary: { operation: 'insert' } })]],
    [
      /summary.rows' is 4; it must be a text/,
      [snapshot(1, 1, { summary: { operation: 'append', rows: 4 } })],
    ],
    [/lists its manifests inline/, [snapshot(1, 1, { manifests: [] })]],
    [/type' is "head"; it must be 'branch' or 'tag'/, [{ ...ref('x', 1), type: 'head' }]],
    [/min-snapshots-to-keep' is 0/, [ref('x', 1, { 'min-snapshots-to-keep': 0 })]],
    [/updates.a' is 1/, [{ action: 'set-properties', updates: { a: 1 } }]],
    [/removals' is "a"/, [{ action: 'remove-properties', removals: 'a' }]],
    [/spec-ids\[0\]' is "x"/, [{ action: 'remove-partition-specs', 'spec-ids': ['x'] }]],
    [
      /statistics-path' is missing/,
      [{ action: 'set-statistics', statistics: { 'snapshot-id': 1, 'file-size-in-bytes': 1 } }],
    ],
  ]
  for (const [message, updates] of cases)
    assert.throws(
      () => parseTableUpdates(parseLossless(stringifyLossless(updates))),
      { code: 'NACRE_INPUT', message },
      String(message),
    )
})

test('requirements hold or are a conflict that says what changed', () => {
  const table = withRows()
  const holding: readonly object[] = [
    { type: 'assert-table-uuid', uuid: uuid.toUpperCase() },
    { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 1 },
    { type: 'assert-ref-snapshot-id', ref: 'audit', 'snapshot-id': null },
    { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 6 },
    { type: 'assert-current-schema-id', 'current-schema-id': 0 },
    { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 1000 },
    { type: 'assert-default-spec-id', 'default-spec-id': 0 },
    { type: 'assert-default-sort-order-id', 'default-sort-order-id': 1 },
  ]
  checkRequirements(table, parseRequirements(holding))
  checkRequirements(null, parseRequirements([{ type: 'assert-create' }]))
  const broken: readonly (readonly [RegExp, object])[] = [
    [/its uuid is 0198.*, not absent/, { type: 'assert-create' }],
    [/uuid is 0198/, { type: 'assert-table-uuid', uuid: '11111111-1111-1111-1111-111111111111' }],
    [/snapshot of 'main' is 1, not 2/, { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 2 }],
    [
      /snapshot of 'main' is 1, not absent/,
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null },
    ],
    [/snapshot of 'x' is absent, not 2/, { type: 'assert-ref-snapshot-id', ref: 'x', 'snapshot-id': 2 }],
    [/last field id is 6, not 5/, { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 5 }],
    [/current schema is 0, not 5/, { type: 'assert-current-schema-id', 'current-schema-id': 5 }],
    [
      /last partition field id is 1000, not 5/,
      { type: 'assert-last-assigned-partition-id', 'last-assigned-partition-id': 5 },
    ],
    [/default partition spec is 0, not 5/, { type: 'assert-default-spec-id', 'default-spec-id': 5 }],
    [/default sort order is 1, not 5/, { type: 'assert-default-sort-order-id', 'default-sort-order-id': 5 }],
  ]
  for (const [message, requirement] of broken)
    assert.throws(
      () => checkRequirements(table, parseRequirements([requirement])),
      { code: 'NACRE_COMMIT_CONFLICT', message },
      String(message),
    )
  for (const type of ['assert-view-uuid', 'toString'])
    assert.throws(() => parseRequirements([{ type }]), {
      code: 'NACRE_INPUT',
      message: new RegExp(`requirement '${type}'`),
    })
})

describe('metadata files', () => {
  const version1 = {
    'format-version': 1,
    location: `${location}/`,
    'last-updated-ms': 5,
    'last-column-id': 2,
    schema: { type: 'struct', fields: [column(1, 'id', 'long'), column(2, 'day', 'date')] },
    'partition-spec': [identity(2, 'day'), identity(1, 'id')],
    'current-snapshot-id': -1,
  }
  test('version 1 is read as version 2', () => {
    const metadata = parseMetadata(JSON.stringify(version1), 'v1.metadata.json')
    assert.equal(metadata['format-version'], 2)
    assert.match(metadata['table-uuid'], /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    assert.deepEqual(
      metadata['partition-specs'][0]!.fields.map((field) => field['field-id']),
      [1000, 1001],
    )
    assert.deepEqual(
      [
        metadata['last-sequence-number'],
        metadata['last-partition-id'],
        metadata['current-snapshot-id'],
        metadata.location,
      ],
      [0, 1001, null, location],
    )
    assert.equal('schema' in metadata || 'partition-spec' in metadata, false)
    const entry = { 'snapshot-id': 4, 'timestamp-ms': 5, 'manifest-list': 'x' }
    const full = parseMetadata(
      JSON.stringify({ ...version1, snapshots: [entry], 'current-snapshot-id': 4 }),
      'v1',
    )
    assert.deepEqual(full.refs, { main: { 'snapshot-id': 4, type: 'branch' } })
    assert.deepEqual(full.snapshots, [{ ...entry, 'sequence-number': 0, summary: {} }])
  })

  test('what is no metadata is refused', () => {
    const cases: readonly (readonly [RegExp, string, unknown])[] = [
      [
        /x has format version 3; versions 1 and 2 are read. Rewrite/,
        'NACRE_INPUT',
        { ...version1, 'format-version': 3 },
      ],
      [/format version undefined/, 'NACRE_CORRUPT', {}],
      [/lacks its current schema, 7/, 'NACRE_CORRUPT', { ...version1, 'current-schema-id': 7 }],
      [/lacks its default partition spec, 7/, 'NACRE_CORRUPT', { ...version1, 'default-spec-id': 7 }],
      [/lacks its current snapshot, 4/, 'NACRE_CORRUPT', { ...version1, 'current-snapshot-id': 4 }],
      [/has no location/, 'NACRE_CORRUPT', { ...version1, location: undefined }],
      [
        /without a manifest list/,
        'NACRE_CORRUPT',
        { ...version1, snapshots: [{ 'snapshot-id': 1, manifests: [] }] },
      ],
      [/is no object/, 'NACRE_CORRUPT', null],
    ]
    for (const [message, code, json] of cases)
      assert.throws(() => parseMetadata(JSON.stringify(json), 'x'), { code, message }, String(message))
    assert.throws(() => parseMetadata('{', 'x'), { code: 'NACRE_CORRUPT', message: /x is not JSON/ })
    assert.throws(() => parseMetadata(Buffer.of(0x1f, 0x8b, 1), 'x'), { code: 'NACRE_CORRUPT' })
  })
})
