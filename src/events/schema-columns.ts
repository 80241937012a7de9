import { NacreError } from '../base/index.ts'
import type { ColumnType } from '../tables/index.ts'

/** A JSON Schema 2020-12 document or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>

const primitives: Readonly<Record<string, ColumnType>> = {
  string: 'string',
  integer: 'long',
  number: 'double',
  boolean: 'boolean',
}
const formats: Readonly<Record<string, ColumnType>> = { date: 'date', 'date-time': 'timestamptz' }

/**
 * The column that holds values of a schema: string (`date` and `date-time` by their format), integer → long, number → double,
 * boolean, literals by their type, array → list, object → struct, record → map; `null` beside one of them changes nothing.
 * Throws NACRE_INPUT naming `where` for anything else, because no engine could read it back as it was.
 */
export function columnTypeOf(schema: JsonSchema, where: string): ColumnType {
  if (Array.isArray(schema['anyOf'])) return alternativesType(schema['anyOf'] as JsonSchema[], where)
  if (Array.isArray(schema['enum'])) {
    return alternativesType(
      schema['enum'].map((value) => ({ const: value as unknown })),
      where,
    )
  }
  if ('const' in schema) return literalType(schema['const'], where)
  const { type, format } = schema
  if (type === 'string' && typeof format === 'string' && formats[format] !== undefined) return formats[format]
  if (typeof type === 'string' && primitives[type] !== undefined) return primitives[type]
  if (type === 'array' && isSchema(schema['items'])) {
    return { list: columnTypeOf(schema['items'], `${where}[]`) }
  }
  if (type === 'object') return objectType(schema, where)
  throw unsupported(where, JSON.stringify(schema))
}

function objectType(schema: JsonSchema, where: string): ColumnType {
  const records = Object.values((schema['patternProperties'] ?? {}) as Record<string, JsonSchema>)
  if (records.length === 1) return { map: ['string', columnTypeOf(records[0]!, `${where}.*`)] }
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>)
  if (records.length > 1 || properties.length === 0) throw unsupported(where, 'an object without properties')
  return {
    struct: Object.fromEntries(
      properties.map(([name, property]) => [name, columnTypeOf(property, `${where}.${name}`)]),
    ),
  }
}

/** Alternatives fit one column when all of them, but for null, do. */
function alternativesType(alternatives: readonly JsonSchema[], where: string): ColumnType {
  const types = alternatives
    .filter((schema) => schema['type'] !== 'null' && schema['const'] !== null)
    .map((schema) => columnTypeOf(schema, where))
  const [first, ...others] = types
  if (first === undefined || others.some((type) => JSON.stringify(type) !== JSON.stringify(first))) {
    throw unsupported(
      where,
      `a union of ${types.map((type) => JSON.stringify(type)).join(' and ') || 'null'}`,
    )
  }
  return first
}

function literalType(value: unknown, where: string): ColumnType {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'double'
  throw unsupported(where, `the literal ${JSON.stringify(value)}`)
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unsupported(where: string, found: string): NacreError {
  return new NacreError(
    'NACRE_INPUT',
    `${where} is ${found}, which has no column type. Use Type.String (also with format 'date' or 'date-time'), Type.Integer, Type.Number, Type.Boolean, literals of one type, Type.Array, Type.Object or Type.Record of these.`,
    { details: { where } },
  )
}
