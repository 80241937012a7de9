import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareSchemas, schemaHistory } from '../../../src/platform/table-schema-history.ts'
import type { Field, IcebergType, Schema, TableMetadata } from '../../../src/tables/index.ts'

const field = (id: number, name: string, type: IcebergType = 'string', more: Partial<Field> = {}): Field => ({
  id,
  name,
  type,
  required: false,
  ...more,
})
const schemaOf = (...fields: Field[]): Schema => ({ type: 'struct', 'schema-id': 0, fields })
const words = (before: Schema, after: Schema): string[] =>
  compareSchemas(before, after).map((change) => change.words)

describe('what changed between two schemas', () => {
  test('nothing, when they are equal', () => {
    const schema = schemaOf(field(1, 'a'), field(2, 'b', { type: 'struct', fields: [field(3, 'c')] }))
    assert.deepEqual(compareSchemas(schema, structuredClone(schema)), [])
  })

  test('fields are known by id: a column that was dropped and made anew is no renaming', () => {
    assert.deepEqual(words(schemaOf(field(1, 'a')), schemaOf(field(2, 'a'))), [
      'dropped a (string)',
      'added a (string)',
    ])
    assert.deepEqual(words(schemaOf(field(1, 'user')), schemaOf(field(1, 'user_id'))), [
      'renamed user to user_id',
    ])
  })

  test('types, nullability and descriptions', () => {
    const before = schemaOf(field(1, 'n', 'int'), field(2, 'm', 'string', { required: true }))
    const after = schemaOf(
      field(1, 'n', 'long', { required: true }),
      field(2, 'm', 'string', { doc: 'New.' }),
    )
    assert.deepEqual(words(before, after), [
      'widened n from int to long',
      'made n required',
      'lets m be null',
      'described m anew',
    ])
  })

  test('inside structs, lists and maps', () => {
    const inside = (...fields: Field[]): Schema =>
      schemaOf(
        field(1, 'device', { type: 'struct', fields }),
        field(2, 'tags', { type: 'list', 'element-id': 8, element: 'int', 'element-required': false }),
        field(4, 'counts', {
          type: 'map',
          'key-id': 5,
          key: 'string',
          'value-id': 6,
          value: { type: 'struct', fields: [field(7, 'n', 'float')] },
          'value-required': false,
        }),
      )
    const before = inside(field(10, 'os'), field(11, 'width', 'int'))
    const after = JSON.parse(
      JSON.stringify(inside(field(12, 'height', 'int'), field(10, 'system')))
        .replace('"element":"int"', '"element":"long"')
        .replace('"float"', '"double"'),
    ) as Schema
    assert.deepEqual(words(before, after), [
      'dropped device.width (int)',
      'renamed device.os to system',
      'widened tags.element from int to long',
      'widened counts.value.n from float to double',
      'added device.height (int)',
    ])
  })

  test('a struct that comes or goes is told once', () => {
    const device = field(2, 'device', { type: 'struct', fields: [field(3, 'os'), field(4, 'model')] })
    assert.deepEqual(words(schemaOf(field(1, 'a')), schemaOf(field(1, 'a'), device)), [
      'added device (struct<os: string, model: string>)',
    ])
    assert.deepEqual(words(schemaOf(field(1, 'a'), device), schemaOf(field(1, 'a'))), [
      'dropped device (struct<os: string, model: string>)',
    ])
  })

  test('the fewest moves that explain an order', () => {
    const order = (...ids: number[]): Schema => schemaOf(...ids.map((id) => field(id, `c${id}`)))
    assert.deepEqual(words(order(1, 2, 3, 4), order(4, 1, 2, 3)), ['moved c4 first'])
    assert.deepEqual(words(order(1, 2, 3, 4), order(2, 3, 1, 4)), ['moved c1 after c3'])
    assert.deepEqual(words(order(1, 2, 3), order(1, 9, 2, 3)), ['added c9 (string)'])
    assert.deepEqual(words(order(1, 2, 3), order(1, 3)), ['dropped c2 (string)'])
  })
})

test('the current version is marked, be it the newest or an older one again', () => {
  const marks = (current: number): boolean[] =>
    schemaHistory({
      schemas: [0, 1, 2].map((id) => ({ ...schemaOf(field(1, `name${id}`)), 'schema-id': id })),
      'current-schema-id': current,
      snapshots: [],
    } as unknown as TableMetadata).map(({ isCurrent }) => isCurrent)
  assert.deepEqual(marks(2), [true, false, false])
  assert.deepEqual(marks(0), [false, false, true])
})
