import type { AvroSchema } from '../../avro/index.ts'
import { decimalShape } from '../schema/primitive-codec.ts'
import type { PrimitiveType } from '../schema/schema.ts'

/** A field of an Avro record that keeps its Iceberg id. */
export interface AvroField {
  readonly name: string
  readonly type: AvroSchema
  readonly 'field-id': number
  readonly default?: null
}

/** A field that always has a value. */
export function required(name: string, id: number, type: AvroSchema): AvroField {
  return { ...named(name), type, 'field-id': id }
}

/** A field that may be null, and is by default. */
export function optional(name: string, id: number, type: AvroSchema): AvroField {
  return { ...named(name), type: ['null', type], default: null, 'field-id': id }
}

/**
 * A name Avro allows, made as Iceberg makes it: each character it does not allow becomes `_x` and its code in hex, a leading
 * digit gets `_` before it.
 */
export function avroName(name: string): string {
  return Array.from(name, (character, index) => {
    if (/[A-Za-z_]/.test(character) || (index > 0 && /\d/.test(character))) return character
    return /\d/.test(character)
      ? `_${character}`
      : `_x${character.codePointAt(0)!.toString(16).toUpperCase()}`
  }).join('')
}

/** The Avro form of a primitive type. `id` makes the name of a fixed type unique. */
export function primitiveAvroType(type: PrimitiveType, id: number): AvroSchema {
  const decimal = decimalShape(type)
  if (decimal) return { type: 'bytes', logicalType: 'decimal', ...decimal }
  const size = /^fixed\[(\d+)\]$/.exec(type)?.[1]
  if (size !== undefined) return { type: 'fixed', name: `fixed${id}`, size: Number(size) }
  return plainTypes[type] ?? type
}

/** Those that Avro names otherwise. */
const plainTypes: Readonly<Record<string, AvroSchema>> = {
  date: { type: 'int', logicalType: 'date' },
  time: { type: 'long', logicalType: 'time-micros' },
  timestamp: { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false },
  timestamptz: { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true },
  uuid: { type: 'string', logicalType: 'uuid' },
  binary: 'bytes',
}

function named(name: string): { readonly name: string } {
  const safe = avroName(name)
  return safe === name ? { name } : ({ name: safe, 'iceberg-field-name': name } as { readonly name: string })
}
