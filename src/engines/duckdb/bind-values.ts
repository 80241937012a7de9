import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBListType,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  HUGEINT,
  INTEGER,
  LIST,
  SQLNULL,
  TIMESTAMPTZ,
  VARCHAR,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { NacreError } from '../../base/index.ts'
import type { SqlValue } from '../../sql/index.ts'

/** Parameters as DuckDB's driver takes them. */
export interface BoundValues {
  readonly values: DuckDBValue[]
  readonly types: DuckDBType[]
}

/** Values and types for the parameters of a statement. A Date is bound as timestamptz, a list by its widest element. */
export function bindValues(parameters: readonly SqlValue[]): BoundValues {
  const types = parameters.map(typeOf)
  return { types, values: parameters.map((parameter, index) => valueAs(types[index]!, parameter)) }
}

function typeOf(value: SqlValue): DuckDBType {
  if (value === null) return SQLNULL
  if (value instanceof Date) return TIMESTAMPTZ
  if (typeof value === 'string') return VARCHAR
  if (typeof value === 'boolean') return BOOLEAN
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? BIGINT : HUGEINT
  if (typeof value === 'number') return numberType(value)
  return LIST(widest(value.map(typeOf)))
}

function numberType(value: number): DuckDBType {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return DOUBLE
  return value === (value | 0) ? INTEGER : BIGINT
}

const numbers: readonly DuckDBType[] = [INTEGER, BIGINT, HUGEINT, DOUBLE]

function widest(types: readonly DuckDBType[]): DuckDBType {
  const known = types.filter((type) => type !== SQLNULL)
  const [first] = known
  if (first === undefined) return VARCHAR
  if (known.every((type) => numbers.includes(type)))
    return numbers[Math.max(...known.map((type) => numbers.indexOf(type)))]!
  const name = String(first)
  const other = known.find((type) => String(type) !== name)
  if (other === undefined) return first
  throw new NacreError(
    'NACRE_INPUT',
    `A list parameter mixes ${name} and ${String(other)}; give values of one type.`,
  )
}

function valueAs(type: DuckDBType, value: SqlValue): DuckDBValue {
  if (value === null) return null
  if (value instanceof Date) return new DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n)
  if (Array.isArray(value)) {
    const element = type instanceof DuckDBListType ? type.valueType : VARCHAR
    return new DuckDBListValue(value.map((item: SqlValue) => valueAs(element, item)))
  }
  if (typeof value === 'bigint' && type === DOUBLE) return Number(value)
  if (typeof value === 'number' && (type === BIGINT || type === HUGEINT)) return BigInt(value)
  return value as string | number | bigint | boolean
}
