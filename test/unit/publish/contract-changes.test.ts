import assert from 'node:assert/strict'
import { test } from 'node:test'
import { breakingChanges, contractChanges } from '../../../src/publish/contract-changes.ts'
import { avroSchemaOf, type Field, type IcebergType } from '../../../src/tables/index.ts'

const field = (id: number, name: string, type: IcebergType, required = false): Field => ({
  id,
  name,
  type,
  required,
})
const schemaOf = (...fields: Field[]) => avroSchemaOf({ type: 'struct', fields }, 'home.shelves')
const reader = field(1, 'reader', 'string')
const score = field(2, 'score', 'int')
const before = schemaOf(reader, score)

/** What a change means to each side, in the words a person reads. */
const cases: readonly (readonly [
  name: string,
  after: ReturnType<typeof schemaOf>,
  told: readonly string[],
])[] = [
  ['nothing', before, []],
  [
    'a column added',
    schemaOf(reader, score, field(3, 'book', 'long')),
    ['book was added, null in files so far'],
  ],
  ['a column dropped', schemaOf(reader), ['score was dropped: consumers would find nothing there | forward']],
  [
    'a column renamed',
    schemaOf(reader, field(2, 'rank', 'int')),
    ["score was renamed to 'rank': consumers would find nothing under its old name | forward"],
  ],
  [
    'a column widened',
    schemaOf(reader, field(2, 'score', 'long')),
    ['score was widened from int to long: consumers expect int | forward'],
  ],
  [
    'a column of another type under the name of a dropped one',
    schemaOf(reader, field(3, 'score', 'boolean')),
    ['score changed its type from int to boolean | backward, forward'],
  ],
]

for (const [name, after, told] of cases) {
  test(`${name}: what it breaks is told by field`, () => {
    const changes = contractChanges(before, after)
    const found = changes.map(({ field: path, what, breaksBackward, breaksForward }) => {
      const breaks = [...(breaksBackward ? ['backward'] : []), ...(breaksForward ? ['forward'] : [])]
      return `${path} ${what}${breaks.length === 0 ? '' : ` | ${breaks.join(', ')}`}`
    })
    assert.deepEqual(found, told)
  })
}

test('what widens one way narrows the other', () => {
  const wide = schemaOf(reader, field(2, 'score', 'long'))
  const [change] = contractChanges(wide, before)
  assert.equal(change!.what, 'was narrowed from long to int: files so far hold long')
  assert.deepEqual([change!.breaksBackward, change!.breaksForward], [true, false])
})

test('decimals, timestamps and fixed bytes are compared by what they mean', () => {
  const of = (type: IcebergType) => schemaOf(field(1, 'price', type))
  const whats = (one: IcebergType, other: IcebergType): string[] =>
    contractChanges(of(one), of(other)).map(({ what }) => what)
  assert.deepEqual(whats('decimal(10,2)', 'decimal(12,2)'), [
    'was widened from decimal(10,2) to decimal(12,2): consumers expect decimal(10,2)',
  ])
  assert.deepEqual(whats('decimal(10,2)', 'decimal(10,3)'), [
    'changed its type from decimal(10,2) to decimal(10,3)',
  ])
  assert.deepEqual(whats('timestamp', 'timestamptz'), [
    'changed its type from timestamp-micros without time zone to timestamp-micros',
  ])
  assert.equal(whats('fixed[4]', 'fixed[8]').length, 1)
  assert.deepEqual(whats('date', 'int'), ['changed its type from date to int'])
})

test('changes deep inside lists, maps and structs are found', () => {
  const of = (inner: IcebergType) =>
    schemaOf(
      field(1, 'places', {
        type: 'list',
        'element-id': 2,
        'element-required': false,
        element: { type: 'struct', fields: [field(3, 'chapter', inner)] },
      }),
      field(4, 'counts', {
        type: 'map',
        'key-id': 5,
        key: 'string',
        'value-id': 6,
        value: inner,
        'value-required': false,
      }),
    )
  assert.deepEqual(
    contractChanges(of('int'), of('long')).map((change) => change.field),
    ['places[].chapter', 'counts{}'],
  )
})

test('each compatibility refuses what it promises against', () => {
  const dropped = contractChanges(before, schemaOf(reader))
  const narrowed = contractChanges(schemaOf(reader, field(2, 'score', 'long')), before)
  const refuses = (mode: 'backward' | 'forward' | 'full' | 'none'): boolean[] =>
    [dropped, narrowed].map((changes) => breakingChanges(changes, mode).length > 0)
  assert.deepEqual(refuses('forward'), [true, false])
  assert.deepEqual(refuses('backward'), [false, true])
  assert.deepEqual(refuses('full'), [true, true])
  assert.deepEqual(refuses('none'), [false, false])
})

test('a required field that is added is told, and null where none was', () => {
  const plain = { type: 'record', name: 'r', fields: [{ name: 'a', type: 'int' }] }
  const more = { ...plain, fields: [...plain.fields, { name: 'b', type: 'int' }] }
  assert.match(contractChanges(plain, more)[0]!.what, /added without a default/)
  const nullable = { ...plain, fields: [{ name: 'a', type: ['null', 'int'] }] }
  assert.match(contractChanges(plain, nullable)[0]!.what, /may now be null/)
  assert.match(contractChanges(nullable, plain)[0]!.what, /became required/)
})
