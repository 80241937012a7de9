import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeAvro, encodeAvro } from '../../../src/avro/index.ts'
import { avroSchemaOf, type Schema } from '../../../src/tables/index.ts'

const schema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'day', required: true, type: 'date', doc: 'UTC' },
    { id: 2, name: 'at', required: false, type: 'timestamptz' },
    { id: 3, name: 'local', required: false, type: 'timestamp' },
    { id: 4, name: 'price', required: false, type: 'decimal(9,2)' },
    { id: 5, name: 'reader', required: false, type: 'uuid' },
    {
      id: 6,
      name: 'tags',
      required: false,
      type: { type: 'list', 'element-id': 7, element: 'string', 'element-required': false },
    },
    {
      id: 8,
      name: 'marks',
      required: false,
      type: {
        type: 'map',
        'key-id': 9,
        key: 'string',
        'value-id': 10,
        value: 'long',
        'value-required': false,
      },
    },
    {
      id: 11,
      name: 'by_page',
      required: false,
      type: { type: 'map', 'key-id': 12, key: 'int', 'value-id': 13, value: 'time', 'value-required': false },
    },
    {
      id: 14,
      name: 'home',
      required: false,
      type: { type: 'struct', fields: [{ id: 15, name: 'cover', required: false, type: 'binary' }] },
    },
    { id: 16, name: '2nd name', required: false, type: 'fixed[2]' },
  ],
}

test('a row of every type goes into a feed and comes out', () => {
  const row = {
    day: '2026-01-05',
    at: '2026-01-05T10:00:00.5Z',
    local: '2026-01-05T10:00:00',
    price: '1.50',
    reader: '00112233-4455-6677-8899-aabbccddeeff',
    tags: ['a', null],
    marks: { one: 1, big: 2n ** 62n },
    by_page: [{ key: 1, value: '10:00:00' }],
    home: { cover: Buffer.of(1, 2) },
    _2nd_x20name: Buffer.of(3, 4),
  }
  const nothing = Object.fromEntries(Object.keys(row).map((name) => [name, null]))
  const { rows } = decodeAvro<typeof row>(
    encodeAvro([row, nothing, {}], { schema: avroSchemaOf(schema, 'a.readings') }),
  )
  const plain = rows.map(
    (one) =>
      JSON.parse(
        JSON.stringify(one, (_, value) => (typeof value === 'bigint' ? `${value}n` : value) as unknown),
      ) as unknown,
  )
  const wanted = JSON.parse(JSON.stringify({ ...row, marks: { one: 1, big: `${2n ** 62n}n` } })) as unknown
  assert.deepEqual(plain, [wanted, nothing, nothing])
})

test('names, ids and docs stand in the schema', () => {
  const record = avroSchemaOf(schema, 'metrics.daily-use') as unknown as {
    name: string
    namespace: string
    fields: Record<string, unknown>[]
  }
  assert.deepEqual([record.namespace, record.name], ['metrics', 'daily_x2Duse'])
  assert.deepEqual(record.fields[0], {
    name: 'day',
    type: ['null', { type: 'int', logicalType: 'date' }],
    default: null,
    doc: 'UTC',
    'field-id': 1,
  })
  assert.equal(record.fields.at(-1)!['iceberg-field-name'], '2nd name')
})
