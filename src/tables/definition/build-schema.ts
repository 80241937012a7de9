import { NacreError } from '../../base/index.ts'
import { decimalShape } from '../schema/primitive-codec.ts'
import { plainTypes, type Field, type IcebergType, type PrimitiveType } from '../schema/schema.ts'
import type { ColumnSpec, ColumnType, TableSpec } from './table-definition.ts'

/** Gives the next field id of a table. */
export type NextId = () => number

/** A field id giver that starts behind the last one given. */
export function idsAfter(last: number): NextId {
  let id = last
  return () => ++id
}

/** A definition's columns in their full form. */
export function columnSpecs(spec: TableSpec): readonly (ColumnSpec & { readonly name: string })[] {
  return Object.entries(spec.columns).map(([name, column]) =>
    typeof column === 'object' && 'type' in column ? { name, ...column } : { name, type: column },
  )
}

/** Fields of columns with fresh ids: those of one level first, then those inside them, as Iceberg's own writers do. Throws NACRE_INPUT for a type that does not exist. */
export function buildFields(
  columns: readonly (ColumnSpec & { readonly name: string })[],
  nextId: NextId,
): readonly Field[] {
  const ids = columns.map(nextId)
  return columns.map((column, index) => ({
    id: ids[index]!,
    name: column.name,
    required: column.required ?? false,
    type: buildType(column.name, column.type, nextId),
    ...(column.doc === undefined ? {} : { doc: column.doc }),
  }))
}

/** A type with fresh ids for what is in it. Throws NACRE_INPUT for one that does not exist. */
export function buildType(path: string, type: ColumnType, nextId: NextId): IcebergType {
  if (typeof type === 'string') return checkPrimitive(path, type)
  if ('list' in type)
    return {
      type: 'list',
      'element-id': nextId(),
      element: buildType(`${path}.element`, type.list, nextId),
      'element-required': false,
    }
  if ('map' in type) {
    const [key, value] = type.map
    return {
      type: 'map',
      'key-id': nextId(),
      'value-id': nextId(),
      key: buildType(`${path}.key`, key, nextId),
      value: buildType(`${path}.value`, value, nextId),
      'value-required': false,
    }
  }
  const inner = Object.entries(type.struct).map(([name, innerType]) => ({ name, type: innerType }))
  return { type: 'struct', fields: buildFields(inner, nextId) }
}

function checkPrimitive(path: string, type: PrimitiveType): PrimitiveType {
  const decimal = decimalShape(type)
  if (decimal && decimal.precision >= 1 && decimal.precision <= 38 && decimal.scale <= decimal.precision)
    return `decimal(${decimal.precision},${decimal.scale})`
  if (plainTypes.has(type) || /^fixed\[[1-9]\d*\]$/.test(type)) return type
  throw new NacreError(
    'NACRE_INPUT',
    `Column '${path}' has type '${type}', which does not exist. Use ${[...plainTypes].join(', ')}, decimal(p,s) with p up to 38, fixed[n], { list }, { struct } or { map }.`,
  )
}
