import { quoteIdentifier, quoteString } from '../../sql/index.ts'
import {
  leafFieldsOf,
  type PrimitiveType,
  type Schema,
  type TypedPartitionField,
} from '../../tables/index.ts'
import { bucketSql } from './bucket-sql.ts'
import { primitiveName } from './column-type.ts'

/** SQL for a partition field's value in a row of the schema's columns. */
export function partitionSql(field: TypedPartitionField, schema: Schema): string {
  const path = leafFieldsOf(schema).get(field['source-id'])?.path
  if (path === undefined) return 'NULL'
  const [column, ...members] = path
  const inner = (value: string, name: string): string => `struct_extract(${value}, ${quoteString(name)})`
  return transformSql(field, members.reduce(inner, quoteIdentifier(column!)))
}

/**
 * SQL for the partition value of a column, null for null. Bytes are told in hex, as in partition tuples.
 * @param column SQL for the column's value.
 */
export function transformSql({ parsed, sourceType: type }: TypedPartitionField, column: string): string {
  const local = type === 'timestamptz' ? `(${column} AT TIME ZONE 'UTC')` : column
  const isBytes = type === 'binary' || type.startsWith('fixed')
  switch (parsed.kind) {
    case 'identity':
      return isBytes ? `lower(hex(${column}))` : column
    case 'void':
      return 'CAST(NULL AS VARCHAR)'
    case 'year':
      return `CAST(year(${local}) - 1970 AS INTEGER)`
    case 'month':
      return `CAST((year(${local}) - 1970) * 12 + month(${local}) - 1 AS INTEGER)`
    case 'day':
      return `CAST(${local} AS DATE)`
    case 'hour':
      return `CAST(epoch_us(date_trunc('hour', ${local})) // 3600000000 AS INTEGER)`
    case 'bucket':
      return bucketSql(column, type, parsed.width)
    case 'truncate':
      if (isBytes) return `left(lower(hex(${column})), ${2 * parsed.width})`
      return type === 'string'
        ? `left(${column}, ${parsed.width})`
        : truncateNumber(column, type, parsed.width)
  }
}

/** Down to a multiple of the width, which for a decimal counts its last digits. */
function truncateNumber(column: string, type: PrimitiveType, width: number): string {
  const name = primitiveName(type)
  const scale = Number(/,\s*(\d+)\)$/.exec(type)?.[1] ?? 0)
  const step =
    scale === 0 ? `${width}` : `CAST(${width} AS DECIMAL(38, 0)) * CAST(1e-${scale} AS DECIMAL(38, ${scale}))`
  return `CAST(${column} - (((${column} % (${step})) + (${step})) % (${step})) AS ${name})`
}
