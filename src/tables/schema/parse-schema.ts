import { decimalShape } from './primitive-codec.ts'
import {
  listOf,
  oneOf,
  readBoolean,
  readInteger,
  readObject,
  readText,
  refuseValue,
  shape,
  type Reader,
} from '../metadata/json-readers.ts'
import { plainTypes, type Field, type IcebergType, type PrimitiveType, type Schema } from './schema.ts'
import { fieldIdsOf } from './schema-fields.ts'
import type { SortOrder } from '../metadata/table-metadata.ts'
import { refuse } from '../metadata/refuse.ts'

/** A partition spec as an engine sends it: ids may be left to the catalog. */
export interface UnboundSpec {
  readonly fields: readonly {
    readonly 'source-id': number
    readonly 'field-id'?: number
    readonly name: string
    readonly transform: string
  }[]
}

/** Reads a schema of untrusted JSON. Throws NACRE_INPUT for types of format version 3, ids given twice, names given twice in one struct. */
export const readSchema: Reader<Schema> = (value, path) => {
  const head = shape(
    { type: oneOf('struct') },
    { 'schema-id': readInteger, 'identifier-field-ids': listOf(readInteger) },
  )(value, path)
  const schema: Schema = { ...head, 'schema-id': head['schema-id'] ?? 0, fields: readFields(value, path) }
  const ids = new Set<number>()
  for (const id of fieldIdsOf(schema))
    if (ids.size === ids.add(id).size)
      refuse(`'${path}' gives field id ${id} twice. Give every field an id of its own.`)
  for (const id of schema['identifier-field-ids'] ?? [])
    if (!ids.has(id)) refuse(`'${path}' names identifier field ${id}, which it does not have.`)
  return schema
}

function readFields(value: unknown, path: string): readonly Field[] {
  const fields = listOf(readField)(readObject(value, path)['fields'], `${path}.fields`)
  const names = new Set<string>()
  for (const { name } of fields)
    if (names.size === names.add(name).size) refuse(`'${path}' has two fields named '${name}'. Rename one.`)
  return fields
}

const readField: Reader<Field> = (value, path) => {
  for (const key of ['initial-default', 'write-default'])
    if ((readObject(value, path)[key] ?? null) !== null)
      refuse(
        `'${path}' has '${key}', which needs format version 3; tables here are of version 2. Leave it out.`,
      )
  return shape({ id: readFieldId, name: readText, required: readBoolean, type: readType }, { doc: readDoc })(
    value,
    path,
  )
}

const readDoc: Reader<string> = (value, path) => (value === '' ? '' : readText(value, path))

const readFieldId: Reader<number> = (value, path) => {
  const id = readInteger(value, path)
  return id >= 0 ? id : refuseValue(value, path, 'a field id from 0')
}

const readType: Reader<IcebergType> = (value, path) => {
  if (typeof value === 'string') return readPrimitive(value, path)
  const kind = oneOf('struct', 'list', 'map')(readObject(value, path)['type'], `${path}.type`)
  switch (kind) {
    case 'struct':
      return { type: kind, fields: readFields(value, path) }
    case 'list':
      return {
        type: kind,
        ...shape({ 'element-id': readFieldId, element: readType, 'element-required': readBoolean })(
          value,
          path,
        ),
      }
    case 'map':
      return {
        type: kind,
        ...shape({
          'key-id': readFieldId,
          key: readType,
          'value-id': readFieldId,
          value: readType,
          'value-required': readBoolean,
        })(value, path),
      }
  }
}

function readPrimitive(type: string, path: string): PrimitiveType {
  const decimal = decimalShape(type as PrimitiveType)
  // Some engines write a space behind the comma; one form makes equal types equal.
  if (decimal && decimal.precision >= 1 && decimal.precision <= 38 && decimal.scale <= decimal.precision)
    return `decimal(${decimal.precision},${decimal.scale})`
  if (plainTypes.has(type) || /^fixed\[[1-9]\d*\]$/.test(type)) return type as PrimitiveType
  if (/^(variant|unknown|timestamp(tz)?_ns|geometry|geography)/.test(type))
    refuse(
      `'${path}' is '${type}', a type of format version 3; tables here are of version 2. Use another type.`,
    )
  return refuseValue(
    type,
    path,
    `one of ${[...plainTypes].join(', ')}, decimal(p,s) with p up to 38, fixed[n], struct, list, map`,
  )
}

/** Reads a partition spec of untrusted JSON. Throws NACRE_INPUT for a transform that does not exist. */
export const readSpec: Reader<UnboundSpec> = (value, path) => {
  const { fields } = shape({ fields: listOf(readSpecField) })(value, path)
  const names = new Set<string>()
  for (const { name } of fields)
    if (names.size === names.add(name).size)
      refuse(`'${path}' has two partition fields named '${name}'. Rename one.`)
  return { fields }
}

const readTransform: Reader<string> = (value, path) =>
  typeof value === 'string' &&
  /^(identity|void|year|month|day|hour|(bucket|truncate)\[[1-9]\d{0,8}\])$/.test(value)
    ? value
    : refuseValue(value, path, 'identity, year, month, day, hour, bucket[n], truncate[n] or void')

const readSpecField: Reader<UnboundSpec['fields'][number]> = (value, path) => {
  if (Array.isArray(readObject(value, path)['source-ids']))
    refuse(`'${path}' has several sources, which needs format version 3; tables here are of version 2.`)
  return shape(
    { 'source-id': readInteger, name: readText, transform: readTransform },
    { 'field-id': readInteger },
  )(value, path)
}

/** Reads a sort order of untrusted JSON; its id is the catalog's to give. */
export const readSortOrder: Reader<SortOrder> = (value, path) => {
  const order = shape(
    {
      fields: listOf(
        shape({
          transform: readTransform,
          'source-id': readInteger,
          direction: oneOf('asc', 'desc'),
          'null-order': oneOf('nulls-first', 'nulls-last'),
        }),
      ),
    },
    { 'order-id': readInteger },
  )(value, path)
  return { fields: order.fields, 'order-id': order['order-id'] ?? -1 }
}
