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
} from '../../avro/index.ts'
import { NacreError } from '../../base/index.ts'
import type { PartitionValue } from '../manifests/data-file.ts'
import type { PrimitiveType } from './schema.ts'

/** A value as it is compared and stored: dates in days, times in microseconds, decimals unscaled, uuid and binary as bytes. */
export type StoredValue = boolean | number | bigint | string | Buffer

/** The forms a primitive type's values take. */
export interface PrimitiveCodec {
  /** Reads the JSON form or DuckDB's text. Throws NACRE_INPUT for what is no value of the type. */
  readonly parse: (text: string) => StoredValue
  /** The JSON form. */
  readonly format: (value: never) => PartitionValue
  /** Iceberg's single-value serialization: https://iceberg.apache.org/spec/#appendix-d-single-value-serialization. */
  readonly serialize: (value: never) => Buffer
  readonly deserialize: (bytes: Buffer) => StoredValue
}

/** Precision and scale of a decimal type; undefined for another type. */
export function decimalShape(type: PrimitiveType): { precision: number; scale: number } | undefined {
  const [, precision, scale] = /^decimal\((\d+), ?(\d+)\)$/.exec(type) ?? []
  return precision === undefined ? undefined : { precision: Number(precision), scale: Number(scale) }
}

/** The value of its JSON form or of DuckDB's text. Throws NACRE_INPUT for what is no value of the type. */
export function parseValue(type: PrimitiveType, value: string | number | boolean): StoredValue {
  return codecOf(type).parse(String(value))
}

/** The JSON form of a value. */
export function formatValue(type: PrimitiveType, value: StoredValue): PartitionValue {
  return codecOf(type).format(value as never)
}

/** A value as a bound in metadata. */
export function serializeValue(type: PrimitiveType, value: StoredValue): Buffer {
  return codecOf(type).serialize(value as never)
}

/** The inverse of {@link serializeValue}. */
export function deserializeValue(type: PrimitiveType, bytes: Uint8Array): StoredValue {
  return codecOf(type).deserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

/** Negative, zero or positive, in Iceberg's order: strings by code point, bytes unsigned. */
export function compareValues(one: StoredValue, other: StoredValue): number {
  if (typeof one === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(other as string))
  if (Buffer.isBuffer(one)) return Buffer.compare(one, other as Buffer)
  return one < other ? -1 : one > other ? 1 : 0
}

const int32 = {
  serialize: (value: number): Buffer => filled(4, (bytes) => bytes.writeInt32LE(value)),
  deserialize: (bytes: Buffer): number => bytes.readInt32LE(),
}

const int64 = {
  serialize: (value: number | bigint): Buffer => filled(8, (bytes) => bytes.writeBigInt64LE(BigInt(value))),
  // A column widened from int keeps bounds of four bytes.
  deserialize: (bytes: Buffer): number | bigint =>
    bytes.length === 4 ? bytes.readInt32LE() : whenSafe(bytes.readBigInt64LE()),
}

const raw = { serialize: (value: Buffer): Buffer => value, deserialize: (bytes: Buffer): Buffer => bytes }

const codecs: Readonly<Record<string, PrimitiveCodec>> = {
  boolean: {
    parse: (text) =>
      /^(true|1)$/.test(text) ? true : /^(false|0)$/.test(text) ? false : refuse('boolean', text),
    format: (value: boolean) => value,
    serialize: (value: boolean) => Buffer.of(value ? 1 : 0),
    deserialize: (bytes) => bytes[0] !== 0,
  },
  int: { parse: (text) => parseInteger('int', 32, text), format: (value: number) => value, ...int32 },
  long: {
    parse: (text) => parseInteger('long', 64, text),
    format: (value: number | bigint) => (typeof value === 'bigint' ? value.toString() : value),
    ...int64,
  },
  float: {
    parse: (text) => parseFloating('float', text),
    format: (value: number) => value,
    serialize: (value: number) => filled(4, (bytes) => bytes.writeFloatLE(value)),
    deserialize: (bytes) => bytes.readFloatLE(),
  },
  double: {
    parse: (text) => parseFloating('double', text),
    format: (value: number) => value,
    serialize: (value: number) => filled(8, (bytes) => bytes.writeDoubleLE(value)),
    deserialize: (bytes) => (bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE()),
  },
  date: { parse: daysOfDate, format: dateOfDays, ...int32 },
  time: { parse: microsOfTime, format: timeOfMicros, ...int64 },
  timestamp: { parse: microsOfTimestamp, format: timestampOfMicros, ...int64 },
  timestamptz: {
    parse: microsOfTimestamp,
    format: (micros: number | bigint) => `${timestampOfMicros(micros)}Z`,
    ...int64,
  },
  string: {
    parse: (text) => text,
    format: (value: string) => value,
    serialize: (value: string) => Buffer.from(value),
    deserialize: (bytes) => bytes.toString(),
  },
  uuid: {
    parse: (text) =>
      /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)
        ? Buffer.from(text.replaceAll('-', ''), 'hex')
        : refuse('uuid', text),
    format: (value: Buffer) => value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    ...raw,
  },
  binary: {
    parse: (text) =>
      /^([\da-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex') : refuse('binary, in hex', text),
    format: (value: Buffer) => value.toString('hex'),
    ...raw,
  },
}

function codecOf(type: PrimitiveType): PrimitiveCodec {
  const decimal = decimalShape(type)
  if (decimal)
    return {
      parse: (text) => unscaledOfDecimal(text, decimal.scale),
      format: (unscaled: bigint) => decimalOfUnscaled(unscaled, decimal.scale),
      serialize: (unscaled: bigint) => twosComplementOf(unscaled),
      deserialize: valueOfTwosComplement,
    }
  const codec = codecs[type.startsWith('fixed') ? 'binary' : type]
  if (!codec) throw new NacreError('NACRE_INPUT', `Type '${type}' does not exist.`)
  return codec
}

function parseInteger(type: string, bits: number, text: string): number | bigint {
  if (!/^-?\d+$/.test(text)) return refuse(type, text)
  const value = BigInt(text)
  return BigInt.asIntN(bits, value) === value ? whenSafe(value) : refuse(type, text)
}

function parseFloating(type: string, text: string): number {
  const value = text === '' ? Number.NaN : Number(text.replace(/^(-?)inf$/, '$1Infinity'))
  return Number.isNaN(value) ? refuse(type, text) : value
}

/** A number when it can hold the value, so that equal values are always `===`. */
export function whenSafe(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function filled(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size)
  write(bytes)
  return bytes
}

function refuse(type: string, text: string): never {
  throw new NacreError('NACRE_INPUT', `'${text}' is not a value of type ${type}.`)
}
