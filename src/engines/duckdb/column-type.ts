import { NacreError } from '../../base/index.ts'
import { quoteIdentifier } from '../../sql/index.ts'
import type { IcebergType, PrimitiveType } from '../../tables/index.ts'

const primitives: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  string: 'VARCHAR',
  uuid: 'UUID',
  binary: 'BLOB',
}

/**
 * DuckDB's name of an Iceberg type. Throws NACRE_INPUT for a type it has none for.
 * @param nameOf The name of a primitive, where it is to be another than DuckDB's own.
 */
export function columnType(
  type: IcebergType,
  nameOf: (type: PrimitiveType) => string = primitiveName,
): string {
  if (typeof type === 'string') return nameOf(type)
  const child = (of: IcebergType): string => columnType(of, nameOf)
  switch (type.type) {
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteIdentifier(field.name)} ${child(field.type)}`).join(', ')})`
    case 'list':
      return `${child(type.element)}[]`
    case 'map':
      return `MAP(${child(type.key)}, ${child(type.value)})`
  }
}

/** DuckDB's name of a primitive type. */
export function primitiveName(type: PrimitiveType): string {
  const plain = primitives[type]
  if (plain !== undefined) return plain
  if (type.startsWith('decimal(')) return type.replace('decimal', 'DECIMAL').replaceAll(' ', '')
  if (type.startsWith('fixed[')) return 'BLOB'
  throw new NacreError('NACRE_INPUT', `The type '${type}' is not one that DuckDB can hold.`)
}
