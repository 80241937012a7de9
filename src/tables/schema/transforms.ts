import { decimalShape, serializeValue, whenSafe, type StoredValue } from './primitive-codec.ts'
import { murmur3 } from './murmur3.ts'
import type { PrimitiveType } from './schema.ts'

/** How a partition field's value is made of a column's: https://iceberg.apache.org/spec/#partition-transforms. */
export type Transform =
  | { readonly kind: 'identity' | 'year' | 'month' | 'day' | 'hour' | 'void' }
  | { readonly kind: 'bucket' | 'truncate'; readonly width: number }

/** Values from `lower` to `upper`, both included; a side left out is open. */
export interface ValueRange {
  readonly lower?: StoredValue
  readonly upper?: StoredValue
}

/** A transform of its text, such as `day` or `bucket[16]`; undefined for one that is not known. */
export function parseTransform(text: string): Transform | undefined {
  const [, kind, width] = /^(bucket|truncate)\[([1-9]\d{0,9})\]$/.exec(text) ?? []
  if (kind !== undefined) return { kind: kind as 'bucket' | 'truncate', width: Number(width) }
  return /^(identity|year|month|day|hour|void)$/.test(text) ? { kind: text as 'identity' } : undefined
}

const moments = /^(timestamp|timestamptz)$/
const dates = /^(date|timestamp|timestamptz)$/
const hashed = /^(int|long|date|time|timestamp|timestamptz|string|uuid|binary|decimal|fixed)/
const truncated = /^(int|long|string|binary|decimal)/

/** The type of a transform's values; undefined when it cannot be applied to a column of the type. */
export function transformedType({ kind }: Transform, type: PrimitiveType): PrimitiveType | undefined {
  switch (kind) {
    case 'identity':
    case 'void':
      return type
    case 'day':
      return dates.test(type) ? 'date' : undefined
    case 'year':
    case 'month':
      return dates.test(type) ? 'int' : undefined
    case 'hour':
      return moments.test(type) ? 'int' : undefined
    case 'bucket':
      return hashed.test(type) ? 'int' : undefined
    case 'truncate':
      return truncated.test(type) ? type : undefined
  }
}

/** The partition value of a column's value that is not null. */
export function transformValue(
  transform: Transform,
  type: PrimitiveType,
  value: StoredValue,
): StoredValue | null {
  switch (transform.kind) {
    case 'identity':
      return value
    case 'void':
      return null
    case 'year':
      return dateOf(type, value).getUTCFullYear() - 1970
    case 'month':
      return monthOf(dateOf(type, value))
    case 'day':
      return dayOf(type, value)
    case 'hour':
      return Number(floorDivide(BigInt(value as number), microsPerHour))
    case 'bucket':
      return (murmur3(hashedBytes(type, value)) & 0x7fffffff) % transform.width
    case 'truncate':
      return truncate(type, value, transform.width)
  }
}

/** The column's values that have the partition value `value`, which is not null; undefined when they are no range. */
export function rangeBehind(
  transform: Transform,
  type: PrimitiveType,
  value: StoredValue,
): ValueRange | undefined {
  const from = (start: (index: number) => number | bigint): ValueRange => {
    const next = start(Number(value) + 1)
    return { lower: start(Number(value)), upper: whenSafe(BigInt(next) - 1n) }
  }
  switch (transform.kind) {
    case 'identity':
      return { lower: value, upper: value }
    case 'year':
      return from((year) => atDay(type, Date.UTC(1970 + year, 0) / msPerDay))
    case 'month':
      return from((month) => atDay(type, Date.UTC(1970, month) / msPerDay))
    case 'day':
      return from((day) => atDay(type, day))
    case 'hour':
      return from((hour) => whenSafe(BigInt(hour) * microsPerHour))
    case 'truncate':
      // The values that begin with a text have no greatest one.
      if (typeof value === 'string' || Buffer.isBuffer(value)) return { lower: value }
      return { lower: value, upper: BigInt(value) + BigInt(transform.width - 1) }
    case 'bucket':
    case 'void':
      return undefined
  }
}

/** Whether greater values of a column never have lesser partition values. */
export function keepsOrder({ kind }: Transform): boolean {
  return kind !== 'bucket' && kind !== 'void'
}

const msPerDay = 86_400_000
const microsPerHour = 3_600_000_000n
const microsPerDay = 24n * microsPerHour

function dayOf(type: PrimitiveType, value: StoredValue): number {
  return type === 'date' ? (value as number) : Number(floorDivide(BigInt(value as number), microsPerDay))
}

function dateOf(type: PrimitiveType, value: StoredValue): Date {
  return new Date(dayOf(type, value) * msPerDay)
}

function monthOf(date: Date): number {
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
}

/** The first value of a day. */
function atDay(type: PrimitiveType, day: number): number | bigint {
  return type === 'date' ? day : whenSafe(BigInt(day) * microsPerDay)
}

function floorDivide(value: bigint, by: bigint): bigint {
  return (value - remainder(value, by)) / by
}

function remainder(value: bigint, by: bigint): bigint {
  return ((value % by) + by) % by
}

/** Dates and times are hashed as longs, decimals as their unscaled value in as few bytes as it needs. */
function hashedBytes(type: PrimitiveType, value: StoredValue): Buffer {
  const isLong = typeof value !== 'string' && !Buffer.isBuffer(value) && decimalShape(type) === undefined
  return serializeValue(isLong ? 'long' : type, value)
}

function truncate(type: PrimitiveType, value: StoredValue, width: number): StoredValue {
  if (typeof value === 'string') return Array.from(value).slice(0, width).join('')
  if (Buffer.isBuffer(value)) return value.subarray(0, width)
  const whole = BigInt(value)
  const cut = whole - remainder(whole, BigInt(width))
  return decimalShape(type) ? cut : whenSafe(cut)
}
