import { NacreError } from '../../base/index.ts'
import { quoteIdentifier, quoteString, rawSql, sql, type Sql } from '../../sql/index.ts'
import {
  typedPartitionFields,
  type IcebergType,
  type TypedPartitionField,
  type WriteTarget,
} from '../../tables/index.ts'
import { columnType } from './column-type.ts'
import { partitionSql } from './transform-sql.ts'

/** A field of the partition spec, with the hidden column that carries its value through COPY. */
export interface PartitionColumn {
  readonly field: TypedPartitionField
  readonly hidden: string
}

const bytesPerFile = '256MiB'

/** Throws NACRE_INPUT unless every column is one of the target's, none twice, and every required one is there. */
export function checkColumns(target: WriteTarget, columns: readonly string[]): void {
  const known = target.schema.fields.map(({ name }) => name)
  const list = `The columns are ${known.join(', ')}.`
  for (const [index, column] of columns.entries()) {
    if (!known.includes(column))
      throw new NacreError('NACRE_INPUT', `${target.table} has no column '${column}'. ${list}`, {
        details: { table: target.table, column, known },
      })
    if (columns.indexOf(column) !== index)
      throw new NacreError('NACRE_INPUT', `Column '${column}' of ${target.table} is selected twice.`, {
        details: { table: target.table, column },
      })
  }
  const missing = target.schema.fields.find(({ name, required }) => required && !columns.includes(name))
  if (missing)
    throw new NacreError(
      'NACRE_INPUT',
      `Column '${missing.name}' of ${target.table} is required, but the query does not give it. ${list}`,
      {
        details: { table: target.table, column: missing.name, known },
      },
    )
}

/** The partition columns of a target. Throws NACRE_INPUT for a spec that cannot be written. */
export function partitionColumns(target: WriteTarget): PartitionColumn[] {
  return typedPartitionFields(target.spec, target.schema).map((field, index) => ({
    field,
    hidden: `__nacre_partition_${index}`,
  }))
}

/** The COPY that writes the rows of `select` into `folder` as files of the target, one or more per partition: below folders named for it, or flat beside those that are there. */
export function copyStatement(
  target: WriteTarget,
  select: Sql,
  columns: readonly string[],
  { folder, isFlat }: { readonly folder: string; readonly isFlat: boolean },
): Sql {
  const partitions = partitionColumns(target)
  const cast = target.schema.fields.map(({ name, type }) => {
    refuseFixed(target, name, type)
    const value = columns.includes(name) ? quoteIdentifier(name) : 'NULL'
    return `CAST(${value} AS ${columnType(type)}) AS ${quoteIdentifier(name)}`
  })
  const hidden = partitions.map(
    ({ field, hidden: name }) => `, ${partitionSql(field, target.schema)} AS ${name}`,
  )
  // Rows are ordered by partition first: DuckDB keeps the order within partition files only then.
  const order = [...partitions.map((partition) => partition.hidden), ...target.sortBy.map(quoteIdentifier)]
  const orderBy =
    order.length === 0 ? '' : ` ORDER BY ${order.map((column) => `${column} NULLS FIRST`).join(', ')}`
  const options = [
    'FORMAT parquet',
    'COMPRESSION zstd',
    'RETURN_STATS',
    `FILENAME_PATTERN '{uuidv7}'`,
    `FIELD_IDS {${target.schema.fields.map((field) => fieldIds(field.name, field.id, field.type)).join(', ')}}`,
    partitions.length === 0
      ? `FILE_SIZE_BYTES '${bytesPerFile}'`
      : `PARTITION_BY (${partitions.map((partition) => partition.hidden).join(', ')})`,
    ...(isFlat ? ['APPEND', ...(partitions.length === 0 ? [] : ['HIVE_FILE_PATTERN false'])] : []),
  ]
  return sql`COPY (SELECT *${rawSql(hidden.join(''))} FROM (SELECT ${rawSql(cast.join(', '))} FROM (${select}
))${rawSql(orderBy)}) TO ${rawSql(quoteString(folder))} (${rawSql(options.join(', '))})`
}

/** DuckDB writes blobs with no fixed length, which Iceberg's `fixed` needs. */
function refuseFixed(target: WriteTarget, name: string, type: IcebergType): void {
  if (JSON.stringify(type).includes('"fixed['))
    throw new NacreError(
      'NACRE_INPUT',
      `Column '${name}' of ${target.table} holds the type fixed, which DuckDB cannot write; use binary.`,
    )
}

function fieldIds(name: string, id: number, type: IcebergType): string {
  const key = quoteString(name)
  if (typeof type === 'string') return `${key}: ${id}`
  return `${key}: {__duckdb_field_id: ${id}, ${childFields(type).join(', ')}}`
}

function childFields(type: Exclude<IcebergType, string>): string[] {
  switch (type.type) {
    case 'struct':
      return type.fields.map((field) => fieldIds(field.name, field.id, field.type))
    case 'list':
      return [fieldIds('element', type['element-id'], type.element)]
    case 'map':
      return [fieldIds('key', type['key-id'], type.key), fieldIds('value', type['value-id'], type.value)]
  }
}
