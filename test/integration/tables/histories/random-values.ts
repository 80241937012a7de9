import type { ColumnType } from '../../../../src/tables/index.ts'

/** Makes choices. */
export interface Draw {
  /** A number from 0 to below the limit. */
  nat(limit: number): number
  one<Item>(items: readonly Item[]): Item
}

const moments = [
  '1969-12-31 23:59:59.999999',
  '1970-01-01 00:00:00',
  '2026-01-01 00:00:00',
  '2026-01-01 13:37:00.000001',
  '2026-02-28 23:59:59',
  '1583-03-01 04:05:06',
  '9998-12-30 00:00:00.5',
]

/**
 * Values of each primitive type that writers may stumble on, as SQL. None is so low that it cannot be truncated, or so long
 * that no folder of a partition can have its name. */
const values: Readonly<Record<string, readonly string[]>> = {
  boolean: ['true', 'false'],
  int: ['0', '-1', '7', '15', '-11', '2147483647', '-2147483640'],
  long: [
    '0',
    '-1',
    '7',
    '9007199254740992',
    '9007199254740993',
    '-9223372036854775800',
    '9223372036854775807',
  ],
  float: ['0', '-0.0', '1.5', '-3e38', '1e-40', "'nan'", "'inf'", "'-inf'"],
  double: ['0', '-0.0', '0.1', '-1e308', '5e-324', "'nan'", "'inf'", "'-inf'"],
  'decimal(9,2)': ['0', '-0.01', '12.25', '9999999.99', '-9999999.9', '107.5'],
  'decimal(18,2)': ['0', '-0.01', '12.25', '9999999999999999.99'],
  'decimal(38,2)': ['0', '-1.28', '99999999999999999999999999999999.99'],
  'decimal(38,9)': ['0', '-0.000000001', '12345678901234567890123456789.123456789'],
  date: ["'1969-12-31'", "'1970-01-01'", "'2026-01-01'", "'2026-02-28'", "'1583-03-01'", "'9998-12-30'"],
  time: ["'00:00'", "'23:59:59.999999'", "'12:34:56.000001'"],
  timestamp: moments.map((moment) => `'${moment}'`),
  timestamptz: moments.map((moment) => `'${moment}+00'`),
  string: [
    "''",
    "'a'",
    "'fr'",
    "'Ünited/States%20'",
    "'zebra'",
    "'''quoted'' \"twice\"'",
    "'日本語の長いテキスト、十六文字を超える長さ'",
    "'🏛️🏛️🏛️🏛️🏛️🏛️🏛️🏛️🏛️🏛️'",
    `'${'long'.repeat(40)}'`,
    "'null'",
    'repeat(chr(1114111), 17)',
  ],
  uuid: ["'00112233-4455-6677-8899-aabbccddeeff'", "'ffffffff-0000-4000-8000-000000000000'"],
  binary: ["''", "'\\x00'", "'\\xFF\\xFF'", "'abc'", `'${'z'.repeat(40)}'`],
}

const nested: readonly ColumnType[] = [
  { list: 'string' },
  { list: 'double' },
  { struct: { city: 'string', x: 'double' } },
  { struct: { at: 'timestamptz', marks: { list: 'int' } } },
  { map: ['string', 'int'] },
]
/** PyIceberg 0.12 reads null lists and maps of structs as empty ones, so a column of these is never null, nor added later. */
const ofStructs: readonly ColumnType[] = [
  { map: ['long', { struct: { note: 'string' } }] },
  { list: { struct: { n: 'int', price: 'decimal(9,2)' } } },
]

/** A type of a column; one in five is nested. */
export function randomColumn(draw: Draw, options: { isAdded: boolean }): ColumnType {
  if (draw.nat(5) > 0) return draw.one(Object.keys(values)) as ColumnType
  return draw.one(options.isAdded ? nested : [...nested, ...ofStructs])
}

/** A value of a type as an SQL expression of that type; one in six is null. */
export function randomValue(type: ColumnType, draw: Draw): string {
  const mayBeNull = !ofStructs.includes(type)
  return `cast(${mayBeNull && draw.nat(6) === 0 ? 'null' : valueOf(type, draw)} as ${sqlType(type)})`
}

function valueOf(type: ColumnType, draw: Draw): string {
  if (typeof type === 'string') return draw.one(values[type]!)
  const many = <Item>(item: (index: number) => Item): Item[] =>
    Array.from({ length: draw.nat(3) }, (_, index) => item(index))
  if ('list' in type) return `[${many(() => randomValue(type.list, draw)).join(', ')}]`
  if ('map' in type) {
    const [key, value] = type.map
    const entries = many((index) => [`cast(${index} as ${sqlType(key)})`, randomValue(value, draw)])
    return `map([${entries.map(([one]) => one).join(', ')}], [${entries.map(([, one]) => one).join(', ')}])`
  }
  return `{${Object.entries(type.struct)
    .map(([name, inner]) => `"${name}": ${randomValue(inner, draw)}`)
    .join(', ')}}`
}

function sqlType(type: ColumnType): string {
  if (typeof type === 'string')
    return { long: 'bigint', string: 'varchar', binary: 'blob' }[type as string] ?? type
  if ('list' in type) return `${sqlType(type.list)}[]`
  if ('map' in type) return `map(${sqlType(type.map[0])}, ${sqlType(type.map[1])})`
  return `struct(${Object.entries(type.struct)
    .map(([name, inner]) => `"${name}" ${sqlType(inner)}`)
    .join(', ')})`
}
