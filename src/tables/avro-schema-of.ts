import type { AvroSchema } from '../avro/index.ts'
import { avroName } from './avro-names.ts'
import { decimalShape } from './primitive-values.ts'
import type { Field, IcebergType, PrimitiveType, StructType } from './schema.ts'

/**
 * The Avro schema of a table's rows, for feeds. Every field may be null and is by default, so that a reader of a newer schema
 * reads older files and the other way round; Iceberg's field ids are kept as attributes.
 * @param name of the record, such as `metrics.engagement`; made Avro-safe.
 */
export function avroSchemaOf(schema: StructType, name: string): AvroSchema {
  const parts = name.split('.').map(avroName)
  const namespace = parts.slice(0, -1).join('.')
  return { ...recordOf(schema.fields, parts.at(-1)!), ...(namespace === '' ? {} : { namespace }) }
}

function recordOf(
  fields: readonly Field[],
  name: string,
): { readonly type: 'record'; readonly [key: string]: unknown } {
  return {
    type: 'record',
    name,
    fields: fields.map((field) => {
      const safe = avroName(field.name)
      return {
        name: safe,
        type: ['null', avroType(field.type, field.id)],
        default: null,
        ...(field.doc === undefined ? {} : { doc: field.doc }),
        'field-id': field.id,
        ...(safe === field.name ? {} : { 'iceberg-field-name': field.name }),
      }
    }),
  }
}

/** @param id makes names of nested records unique. */
function avroType(type: IcebergType, id: number): AvroSchema {
  if (typeof type === 'string') return primitiveAvroType(type, id)
  switch (type.type) {
    case 'struct':
      return recordOf(type.fields, `r${id}`)
    case 'list':
      return {
        type: 'array',
        items: ['null', avroType(type.element, type['element-id'])],
        'element-id': type['element-id'],
      }
    case 'map': {
      const values = ['null', avroType(type.value, type['value-id'])]
      const ids = { 'key-id': type['key-id'], 'value-id': type['value-id'] }
      if (type.key === 'string') return { type: 'map', values, ...ids }
      const fields = [
        { name: 'key', type: avroType(type.key, type['key-id']), 'field-id': type['key-id'] },
        { name: 'value', type: values, default: null, 'field-id': type['value-id'] },
      ]
      return { type: 'array', logicalType: 'map', items: { type: 'record', name: `r${id}`, fields } }
    }
  }
}

function primitiveAvroType(type: PrimitiveType, id: number): AvroSchema {
  const decimal = decimalShape(type)
  if (decimal) return { type: 'bytes', logicalType: 'decimal', ...decimal }
  const size = /^fixed\[(\d+)\]$/.exec(type)?.[1]
  if (size !== undefined) return { type: 'fixed', name: `fixed${id}`, size: Number(size) }
  return plainAvroTypes[type] ?? type
}

/** Those that Avro names otherwise. */
const plainAvroTypes: Readonly<Record<string, AvroSchema>> = {
  date: { type: 'int', logicalType: 'date' },
  time: { type: 'long', logicalType: 'time-micros' },
  timestamp: { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false },
  timestamptz: { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true },
  uuid: { type: 'string', logicalType: 'uuid' },
  binary: 'bytes',
}
