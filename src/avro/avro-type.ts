import avsc from 'avsc'
import { NacreError } from '../base/index.ts'
import {
  dateOfDays,
  daysOfDate,
  microsOfTime,
  microsOfTimestamp,
  timeOfMicros,
  timestampOfMicros,
} from './calendar-text.ts'
import {
  decimalOfUnscaled,
  twosComplementOf,
  unscaledOfDecimal,
  valueOfTwosComplement,
} from './decimal-bytes.ts'

/** An Avro schema as JSON; attributes Avro does not know, such as `field-id`, are kept in a file's header. */
export type AvroSchema =
  | string
  | readonly AvroSchema[]
  | { readonly type: unknown; readonly [attribute: string]: unknown }

/** Encodes and decodes the values of one schema. */
export type AvroType = avsc.Type

/**
 * The codec of a schema. Values are those an engine gives: `long` a number when safe, else a bigint; `bytes` and `fixed` as
 * bytes; `date` (`2026-01-05`), `time-micros`, `timestamp-micros` (ISO 8601; with `Z` unless `adjust-to-utc` is false) and
 * `decimal` as text. Throws NACRE_INPUT when the schema is wrong.
 */
export function avroTypeOf(schema: AvroSchema): AvroType {
  try {
    return avsc.Type.forSchema(schema as avsc.schema.AvroSchema, { typeHook })
  } catch (error) {
    throw new NacreError('NACRE_INPUT', `The Avro schema is wrong: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}

/** Where avsc's own type would lose digits, refuse plain bytes or give numbers for dates, one of these stands in. */
function typeHook(schema: unknown, options: Partial<avsc.ForSchemaOptions>): avsc.Type | undefined {
  const definition = typeof schema === 'string' ? { type: schema } : (schema as Definition)
  const { type, logicalType } = definition
  switch (type) {
    case 'int':
      return logicalType === 'date' ? new TextType(new avsc.types.IntType(), dateText) : undefined
    case 'long':
      if (logicalType === 'time-micros') return new TextType(long, timeText)
      if (logicalType === 'timestamp-micros')
        return new TextType(long, definition['adjust-to-utc'] === false ? localTimestampText : timestampText)
      return long
    case 'bytes':
      return new TextType(
        new avsc.types.BytesType(),
        logicalType === 'decimal' ? decimalText(definition) : bytes,
      )
    case 'fixed': {
      const fixed = new avsc.types.FixedType(schema as avsc.schema.FixedType, options)
      const wrapped = new TextType(fixed, logicalType === 'decimal' ? decimalText(definition) : bytes)
      // A later mention by name means the wrapped type.
      options.registry![fixed.name!] = wrapped
      return wrapped
    }
    default:
      return undefined
  }
}

interface Definition {
  readonly type?: unknown
  readonly logicalType?: unknown
  readonly scale?: number
  readonly size?: number
  readonly 'adjust-to-utc'?: boolean
}

/** How a value is told in JavaScript (`decode`) and what of it Avro stores (`encode`, which throws or gives undefined for another kind of value). */
interface Representation {
  encode(value: unknown): unknown
  decode(stored: never): unknown
}

class TextType extends avsc.types.LogicalType {
  readonly #representation: Representation

  constructor(stored: avsc.Type, representation: Representation) {
    super(stored as never)
    this.#representation = representation
  }

  protected override _toValue(value: unknown): unknown {
    return this.#representation.encode(value)
  }

  protected override _fromValue(stored: unknown): unknown {
    return this.#representation.decode(stored as never)
  }
}

const ofText =
  (encode: (text: string) => unknown) =>
  (value: unknown): unknown =>
    typeof value === 'string' ? encode(value) : undefined

const dateText: Representation = { encode: ofText(daysOfDate), decode: dateOfDays }
const timeText: Representation = { encode: ofText(microsOfTime), decode: timeOfMicros }
const localTimestampText: Representation = { encode: ofText(microsOfTimestamp), decode: timestampOfMicros }
const timestampText: Representation = {
  encode: ofText(microsOfTimestamp),
  decode: (micros: number | bigint) => `${timestampOfMicros(micros)}Z`,
}
const bytes: Representation = {
  encode: (value) =>
    value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined,
  decode: (stored) => stored,
}
const decimalText = ({ scale = 0, size }: Definition): Representation => ({
  encode: ofText((text) => twosComplementOf(unscaledOfDecimal(text, scale), size)),
  decode: (stored: Buffer) => decimalOfUnscaled(valueOfTwosComplement(stored), scale),
})

// avsc copies what is in it at once.
const scratch = Buffer.alloc(8)

// avsc's own long refuses values beyond 2^53.
const long = avsc.types.LongType.__with({
  fromBuffer(buffer: Buffer): number | bigint {
    const high = buffer.readInt32LE(4)
    return high >= -0x200000 && high < 0x200000
      ? high * 0x100000000 + buffer.readUInt32LE(0)
      : buffer.readBigInt64LE(0)
  },
  toBuffer(value: number | bigint): Buffer {
    if (typeof value === 'bigint') scratch.writeBigInt64LE(value, 0)
    else {
      scratch.writeUInt32LE(value >>> 0, 0)
      scratch.writeInt32LE(Math.floor(value / 0x100000000), 4)
    }
    return scratch
  },
  fromJSON: (value: number | bigint) => value,
  toJSON: (value: number | bigint) => value,
  isValid: (value: unknown) =>
    typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value),
  compare: (one: number | bigint, other: number | bigint) => (one < other ? -1 : one > other ? 1 : 0),
})
