import type { IcebergType } from '../tables/index.ts'

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

/** The DuckDB type that holds an Iceberg type, as `describe` prints it. */
export function duckdbType(type: IcebergType): string {
  if (typeof type === 'string') {
    if (type.startsWith('fixed[')) return 'BLOB'
    return primitives[type] ?? type.replaceAll(' ', '').toUpperCase()
  }
  switch (type.type) {
    case 'list':
      return `${duckdbType(type.element)}[]`
    case 'map':
      return `MAP(${duckdbType(type.key)}, ${duckdbType(type.value)})`
    case 'struct':
      return `STRUCT(${type.fields.map(({ name, type: inner }) => `"${name}" ${duckdbType(inner)}`).join(', ')})`
  }
}
