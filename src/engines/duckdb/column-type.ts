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

/** DuckDB's name of an Iceberg type. Throws NACRE_INPUT for a type it has none for. */
export function columnType(type: IcebergType): string {
  if (typeof type === 'string') return primitiveType(type)
  switch (type.type) {
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteIdentifier(field.name)} ${columnType(field.type)}`).join(', ')})`
    case 'list':
      return `${columnType(type.element)}[]`
    case 'map':
      return `MAP(${columnType(type.key)}, ${columnType(type.value)})`
  }
}

function primitiveType(type: PrimitiveType): string {
  const plain = primitives[type]
  if (plain !== undefined) return plain
  if (type.startsWith('decimal(')) return type.replace('decimal', 'DECIMAL').replaceAll(' ', '')
  if (type.startsWith('fixed[')) return 'BLOB'
  throw new NacreError('NACRE_INPUT', `The type '${type}' is not one that DuckDB can hold.`)
}
