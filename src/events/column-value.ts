import type { ColumnType } from '../tables/index.ts'
import { isJsonObject } from './tracking-request.ts'

/**
 * A validated JSON value as every engine can store it in a column: text is made valid Unicode without NUL, times become UTC,
 * and fields of structs that are not declared are dropped. Throws RangeError for what fits the contract but no column: integers
 * beyond 2^53 (already rounded by JSON), infinite numbers, times that are no dates.
 */
export function columnValue(type: ColumnType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof type === 'object') return nestedValue(type, value)
  if (type === 'string') return storableText(value as string)
  if (type === 'timestamptz') return storableTime(value as string)
  if (type === 'long' && !Number.isSafeInteger(value))
    throw new RangeError(`${value as number} is beyond ±2^53.`)
  if (type === 'double' && !Number.isFinite(value)) throw new RangeError(`${value as number} is not finite.`)
  return value
}

function storableTime(text: string): string {
  const ms = Date.parse(text.split('[', 1)[0]!) // without the suffix of RFC 9557
  if (Number.isNaN(ms)) throw new RangeError(`'${text}' is no time.`)
  return new Date(ms).toISOString()
}

function nestedValue(type: Exclude<ColumnType, string>, value: unknown): unknown {
  if ('list' in type) return (value as unknown[]).map((item) => columnValue(type.list, item))
  if (!isJsonObject(value)) return null
  if ('struct' in type) {
    return Object.fromEntries(
      Object.entries(type.struct).map(([name, inner]) => [name, columnValue(inner, value[name])]),
    )
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [storableText(key), columnValue(type.map[1], item)]),
  )
}

/** Text with lone surrogates and NUL replaced by U+FFFD: Parquet and PostgreSQL hold neither. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
