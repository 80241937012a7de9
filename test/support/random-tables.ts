import fc from 'fast-check'
import type { Field, IcebergType, PrimitiveType, Schema } from '../../src/tables/index.ts'

/** A type, and values of it as `attachRows` takes them. */
interface Typed {
  readonly type: IcebergType
  readonly values: fc.Arbitrary<unknown>
}

/** A schema and rows of it, as `attachRows` takes them. */
export interface RandomTable {
  readonly schema: Schema
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 14 }),
  fc.string({ unit: 'binary-ascii', minLength: 10, maxLength: 120 }),
)
const plainText = text.map((value) => value.replaceAll('\0', ''))
const moments = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
const days = moments.map((date) => date.toISOString().slice(0, 10))
const micros = fc
  .tuple(moments, fc.integer({ min: 0, max: 999 }))
  .map(([date, fraction]) => date.toISOString().replace('Z', String(fraction).padStart(3, '0')))
const longs = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value))
const special = fc.constantFrom(0, 1, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31))

const primitives: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  boolean: fc.boolean(),
  int: fc.oneof(fc.integer(), special),
  long: fc.oneof(longs, special, fc.constantFrom(2 ** 53, -(2 ** 53) + 1, 2n ** 63n - 1n, -(2n ** 63n))),
  float: fc.float().map((value) => value + 0),
  double: fc.double().map((value) => value + 0),
  date: days,
  time: fc
    .integer({ min: 0, max: 86_399_999_999 })
    .map(
      (value) =>
        new Date(Math.floor(value / 1000)).toISOString().slice(11, -1) +
        String(value % 1000).padStart(3, '0'),
    ),
  timestamp: micros,
  timestamptz: micros.map((value) => `${value}Z`),
  string: plainText,
  uuid: fc.uuid(),
  binary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  'fixed[5]': fc.uint8Array({ minLength: 5, maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
}

const decimals = fc
  .tuple(fc.constantFrom(1, 4, 5, 9, 10, 18, 19, 38), fc.nat(6))
  .map(([precision, scale]): Typed => {
    const digits = Math.min(scale, precision)
    const most = 10n ** BigInt(precision) - 1n
    return {
      type: `decimal(${precision},${digits})` as PrimitiveType,
      values: fc
        .oneof(fc.bigInt({ min: -most, max: most }), fc.constantFrom(0n, 1n, -1n, most, -most))
        .map((value) => decimalText(value, digits)),
    }
  })

/** Names that Avro allows and such as it does not. */
const names = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/),
  fc.constantFrom('a b', '1st', 'größe', 'x-y'),
)

let lastId = 0
const nextId = (): number => ++lastId

const primitive: fc.Arbitrary<Typed> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(...Object.entries(primitives))
      .map(([type, values]) => ({ type: type as PrimitiveType, values })),
  },
  { weight: 1, arbitrary: decimals },
)

/** Ascending, for objects of JavaScript have their integer keys in this order. */
const keys: fc.Arbitrary<{ type: PrimitiveType; values: fc.Arbitrary<readonly unknown[]> }> = fc.constantFrom(
  {
    type: 'string',
    values: fc.uniqueArray(
      plainText.map((value) => `k${value}`),
      { maxLength: 4 },
    ),
  },
  {
    type: 'long',
    values: fc.uniqueArray(fc.nat(), { maxLength: 4 }).map((all) => all.toSorted((a, b) => a - b)),
  },
  { type: 'date', values: fc.uniqueArray(days, { maxLength: 3 }) },
)

const typed: fc.Arbitrary<Typed> = fc.letrec<{ any: Typed }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    { weight: 6, arbitrary: primitive },
    {
      weight: 1,
      arbitrary: tie('any').map((element): Typed => ({
        type: { type: 'list', 'element-id': nextId(), element: element.type, 'element-required': false },
        values: fc.array(fc.option(element.values), { maxLength: 4 }),
      })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(keys, tie('any')).map(([key, value]): Typed => ({
        type: {
          type: 'map',
          'key-id': nextId(),
          key: key.type,
          'value-id': nextId(),
          value: value.type,
          'value-required': false,
        },
        values: key.values.chain((found) =>
          fc
            .array(fc.option(value.values), { minLength: found.length, maxLength: found.length })
            .map((values) => Object.fromEntries(found.map((each, index) => [String(each), values[index]]))),
        ),
      })),
    },
    { weight: 1, arbitrary: structOf(tie('any')) },
  ),
})).any

function structOf(member: fc.Arbitrary<Typed>): fc.Arbitrary<Typed> {
  return fc
    .uniqueArray(fc.tuple(names, member), { selector: ([name]) => name, minLength: 1, maxLength: 3 })
    .map((members): Typed => ({
      type: { type: 'struct', fields: fieldsOf(members) },
      values: rowOf(members),
    }))
}

function fieldsOf(members: readonly (readonly [string, Typed])[]): Field[] {
  return members.map(([name, { type }]) => ({ id: nextId(), name, required: false, type }))
}

function rowOf(members: readonly (readonly [string, Typed])[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    Object.fromEntries(members.map(([name, { values }]) => [name, fc.option(values, { freq: 4 })])),
    { noNullPrototype: true },
  )
}

/** Tables of every type, nested ones too; every value may be null. */
export const randomTables: fc.Arbitrary<RandomTable> = fc
  .uniqueArray(fc.tuple(names, typed), { selector: ([name]) => name, minLength: 1, maxLength: 6 })
  .chain((members) =>
    fc.record({
      schema: fc.constant<Schema>({ type: 'struct', 'schema-id': 0, fields: fieldsOf(members) }),
      rows: fc.array(rowOf(members), { minLength: 1, maxLength: 12 }),
    }),
  )

function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${value < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`
}
