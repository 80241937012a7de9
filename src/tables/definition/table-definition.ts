import { NacreError } from '../../base/index.ts'
import type { TableRef } from '../../sql/index.ts'
import type { PrimitiveType } from '../schema/schema.ts'

/** How an app writes a column's type: a primitive's name, or a nested shape. */
export type ColumnType =
  | PrimitiveType
  | { readonly list: ColumnType }
  | {
      readonly struct: Readonly<Record<string, ColumnType>>
      /** Former names of fields that are called otherwise now, by their present names. */
      readonly renamedFrom?: Readonly<Record<string, string>>
      /** Fields that go, with their values. */
      readonly dropped?: readonly string[]
    }
  | { readonly map: readonly [key: ColumnType, value: ColumnType] }

/** A column with more than a type. */
export interface ColumnSpec {
  readonly type: ColumnType
  /** Refuse rows in which it is null. Default false. */
  readonly required?: boolean
  readonly doc?: string
  /** What the column was called before; its rows stay. May stand for ever. */
  readonly renamedFrom?: string
  /** It holds personal data: no bounds are written to metadata. Default false. */
  readonly personal?: boolean
}

/** A partition field: a transform of a column. */
export interface PartitionBy {
  readonly column: string
  readonly transform:
    | 'identity'
    | 'year'
    | 'month'
    | 'day'
    | 'hour'
    | `bucket[${number}]`
    | `truncate[${number}]`
}

/** What an app says of a table. */
export interface TableSpec {
  readonly columns: Readonly<Record<string, ColumnType | ColumnSpec>>
  readonly partitionBy?: readonly PartitionBy[]
  /** Columns that go, with their values. One that is merely left out stays, as an older version of the app may come back to it. */
  readonly dropped?: readonly string[]
  /** Columns that identify a row; checked where a job declares `checks.unique`, used by feeds and serving. */
  readonly key?: readonly string[]
  /** Order of rows within a file. */
  readonly sortBy?: readonly string[]
  /** The column that says whose row it is: what `nacre forget` looks for. */
  readonly subject?: string
  /** How old the newest rows may be, such as `2h`, before the table counts as late. */
  readonly freshWithin?: string
  readonly team?: string
  readonly owner?: string
  readonly doc?: string
}

/** A declared table: what jobs read and write, feeds export, models query. It can stand in an `sql` fragment. */
export interface TableDefinition extends TableRef {
  readonly spec: TableSpec
}

/** A partition field holding the column's own value. */
export function identityOf(column: string): PartitionBy {
  return { column, transform: 'identity' }
}

/** A partition field holding the UTC year of a date, timestamp or timestamptz column. */
export function yearOf(column: string): PartitionBy {
  return { column, transform: 'year' }
}

/** A partition field holding the UTC month of a date, timestamp or timestamptz column. */
export function monthOf(column: string): PartitionBy {
  return { column, transform: 'month' }
}

/** A partition field holding the UTC day of a date, timestamp or timestamptz column. */
export function dayOf(column: string): PartitionBy {
  return { column, transform: 'day' }
}

/** A partition field holding the UTC hour of a timestamp or timestamptz column. */
export function hourOf(column: string): PartitionBy {
  return { column, transform: 'hour' }
}

/** A partition field holding one of `buckets` numbers that a column's value is hashed to: for columns of many values. */
export function bucketOf(column: string, buckets: number): PartitionBy {
  return { column, transform: `bucket[${buckets}]` }
}

/** A partition field holding the first characters of a text, or a number rounded down to a multiple of `width`. */
export function truncateOf(column: string, width: number): PartitionBy {
  return { column, transform: `truncate[${width}]` }
}

/**
 * Declares a table under its full name, `namespace.name`. Throws NACRE_APP_INVALID naming what is wrong.
 * @example table('metrics.engagement', { columns: { day: 'date', readers: 'long' }, partitionBy: [day('day')], key: ['day'] })
 */
export function table(name: string, spec: TableSpec): TableDefinition {
  if (!/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/.test(name)) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Table name '${name}' must be 'namespace.name' in lower-case letters, digits and '_'.`,
    )
  }
  const columns = Object.keys(spec.columns)
  const named = [
    ...(spec.partitionBy ?? []).map(({ column }) => column),
    ...(spec.key ?? []),
    ...(spec.sortBy ?? []),
    ...(spec.subject === undefined ? [] : [spec.subject]),
  ]
  const unknown = named.find((column) => !columns.includes(column))
  if (unknown !== undefined) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `Table '${name}' names the column '${unknown}' in partitionBy, key, sortBy or subject; its columns are ${columns.join(', ')}.`,
    )
  }
  return { kind: 'table-ref', name, spec }
}
