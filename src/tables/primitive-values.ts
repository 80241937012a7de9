import {
  dateOfDays,
  daysOfDate,
  decimalOfUnscaled,
  microsOfTime,
  microsOfTimestamp,
  timeOfMicros,
  timestampOfMicros,
  twosComplementOf,
  unscaledOfDecimal,
  valueOfTwosComplement,
} from '../avro/index.ts'
import { NacreError } from '../base/index.ts'
import type { PartitionValue } from './data-file.ts'
import type { PrimitiveType } from './schema.ts'

/** A value as it is compared and stored: dates in days, times in microseconds, decimals unscaled, uuid and binary as bytes. */
export type StoredValue = boolean | number | bigint | string | Buffer

/** Precision and scale of a decimal type; undefined for another type. */
export function decimalShape(type: PrimitiveType): { precision: number; scale: number } | undefined {
  const [, precision, scale] = /^decimal\((\d+), ?(\d+)\)$/.exec(type) ?? []
  return precision === undefined ? undefined : { precision: Number(precision), scale: Number(scale) }
}

/** The value of its JSON form or of DuckDB's text. Throws NACRE_INPUT for one that is not of the type. */
export function parseValue(type: PrimitiveType, value: string | number | boolean): StoredValue {
  const text = String(value)
  const decimal = decimalShape(type)
  if (decimal) return unscaledOfDecimal(text, decimal.scale)
  switch (type) {
    case 'boolean':
      if (/^(true|1)$/.test(text)) return true
      if (/^(false|0)$/.test(text)) return false
      break
    case 'int':
    case 'long': {
      if (!/^-?\d+$/.test(text)) break
      const number = BigInt(text)
      if (BigInt.asIntN(type === 'int' ? 32 : 64, number) !== number) break
      return Number.isSafeInteger(Number(text)) ? Number(text) : number
    }
    case 'float':
    case 'double': {
      const number = Number(text.replace(/^(-?)inf(inity)?$/i, '$1Infinity'))
      if (text !== '' && !Number.isNaN(number)) return number
      break
    }
    case 'date':
      return daysOfDate(text)
    case 'time':
      return microsOfTime(text)
    case 'timestamp':
    case 'timestamptz':
      return microsOfTimestamp(text)
    case 'string':
      return text
    case 'uuid':
      if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text))
        return Buffer.from(text.replaceAll('-', ''), 'hex')
      break
    default:
      break
  }
  throw new NacreError('NACRE_INPUT', `'${text}' is not a value of type ${type}.`)
}

/** The JSON form of a value: the inverse of {@link parseValue}. */
export function formatValue(type: PrimitiveType, value: StoredValue): PartitionValue {
  const decimal = decimalShape(type)
  if (decimal) return decimalOfUnscaled(value as bigint, decimal.scale)
  switch (type) {
    case 'date':
      return dateOfDays(value as number)
    case 'time':
      return timeOfMicros(value as number)
    case 'timestamp':
      return timestampOfMicros(value as number | bigint)
    case 'timestamptz':
      return `${timestampOfMicros(value as number | bigint)}Z`
    case 'uuid':
      return (value as Buffer).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    default:
      return typeof value === 'bigint' ? value.toString() : (value as PartitionValue)
  }
}

/** Iceberg's single-value serialization: https://iceberg.apache.org/spec/#appendix-d-single-value-serialization. */
export function serializeValue(type: PrimitiveType, value: StoredValue): Buffer {
  const bytes = Buffer.alloc(type === 'int' || type === 'date' || type === 'float' ? 4 : 8)
  if (decimalShape(type)) return twosComplementOf(value as bigint)
  switch (type) {
    case 'boolean':
      return Buffer.of(value ? 1 : 0)
    case 'int':
    case 'date':
      bytes.writeInt32LE(value as number)
      return bytes
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      bytes.writeBigInt64LE(BigInt(value as number | bigint))
      return bytes
    case 'float':
      bytes.writeFloatLE(value as number)
      return bytes
    case 'double':
      bytes.writeDoubleLE(value as number)
      return bytes
    case 'string':
      return Buffer.from(value as string)
    default:
      return value as Buffer
  }
}

/** The inverse of {@link serializeValue}. */
export function deserializeValue(type: PrimitiveType, bytes: Uint8Array): StoredValue {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (decimalShape(type)) return valueOfTwosComplement(buffer)
  switch (type) {
    case 'boolean':
      return buffer[0] !== 0
    case 'int':
    case 'date':
      return buffer.readInt32LE()
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz': {
      // A column widened from int keeps bounds of four bytes.
      const long = buffer.length === 4 ? BigInt(buffer.readInt32LE()) : buffer.readBigInt64LE()
      return Number.isSafeInteger(Number(long)) ? Number(long) : long
    }
    case 'float':
      return buffer.readFloatLE()
    case 'double':
      return buffer.length === 4 ? buffer.readFloatLE() : buffer.readDoubleLE()
    case 'string':
      return buffer.toString()
    default:
      return buffer
  }
}

/** Negative, zero or positive, in Iceberg's order: strings by code point, bytes unsigned. */
export function compareValues(one: StoredValue, other: StoredValue): number {
  if (typeof one === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(other as string))
  if (Buffer.isBuffer(one)) return Buffer.compare(one, other as Buffer)
  return one < other ? -1 : one > other ? 1 : 0
}
