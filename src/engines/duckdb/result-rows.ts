import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
  DuckDBVariantValue,
  type DuckDBDataChunk,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { ResultColumn, ResultRow, ResultValue } from '../engine.ts'

/** The rows of a chunk as objects by column name. */
export function rowObjects(chunk: DuckDBDataChunk, columns: readonly ResultColumn[]): ResultRow[] {
  const rows: Record<string, ResultValue>[] = Array.from({ length: chunk.rowCount }, () => ({}))
  for (const [index, { name }] of columns.entries())
    for (const [row, value] of chunk.getColumnValues(index).entries()) rows[row]![name] = toResultValue(value)
  return rows
}

/** The rows of a chunk as arrays in the order of the columns. */
export function rowArrays(chunk: DuckDBDataChunk): ResultValue[][] {
  return chunk.convertRows<ResultValue>(toResultValue)
}

/** A plain value for one of DuckDB's, by the rules of {@link ResultValue}. Types with no plain form, such as intervals, become text. */
export function toResultValue(value: DuckDBValue): ResultValue {
  if (typeof value === 'bigint') return plainInteger(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof DuckDBTimestampTZValue || value instanceof DuckDBTimestampValue)
    return timestampText(value.micros, value)
  if (value instanceof DuckDBDateValue) return dateText(value)
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map(toResultValue)
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(
      Object.entries(value.entries).map(([name, item]) => [name, toResultValue(item)]),
    )
  if (value instanceof DuckDBMapValue)
    return Object.fromEntries(value.entries.map((entry) => [mapKey(entry.key), toResultValue(entry.value)]))
  if (value instanceof DuckDBBlobValue) return value.bytes
  if (value instanceof DuckDBTimestampMillisecondsValue) return timestampText(value.millis * 1000n, value)
  if (value instanceof DuckDBTimestampSecondsValue) return timestampText(value.seconds * 1_000_000n, value)
  if (value instanceof DuckDBTimestampNanosecondsValue) return timestampText(value.nanos / 1000n, value)
  if (value instanceof DuckDBUnionValue || value instanceof DuckDBVariantValue)
    return toResultValue(value.value)
  return String(value)
}

function mapKey(key: DuckDBValue): string {
  const plain = toResultValue(key)
  return typeof plain === 'object' ? String(key) : String(plain)
}

function plainInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

const maxDateMs = 8.64e15

/** `infinity` and dates beyond JavaScript's keep DuckDB's text. */
function timestampText(micros: bigint, value: { toString(): string }): string {
  const fraction = ((micros % 1000n) + 1000n) % 1000n
  const ms = Number((micros - fraction) / 1000n)
  if (Math.abs(ms) > maxDateMs) return value.toString()
  const text = new Date(ms).toISOString()
  return fraction === 0n ? text : `${text.slice(0, -1)}${String(fraction).padStart(3, '0')}Z`
}

function dateText(value: DuckDBDateValue): string {
  const ms = value.days * 86_400_000
  if (!value.isFinite || Math.abs(ms) > maxDateMs) return value.isFinite ? value.toString() : infinityText(ms)
  return new Date(ms).toISOString().split('T', 1)[0]!
}

function infinityText(sign: number): string {
  return sign > 0 ? 'infinity' : '-infinity'
}
