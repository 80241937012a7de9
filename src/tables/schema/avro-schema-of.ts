import type { AvroSchema } from '../../avro/index.ts'
import { avroName, optional, primitiveAvroType, required } from '../manifests/avro-fields.ts'
import type { Field, IcebergType, StructType } from './schema.ts'

/**
 * The Avro schema of a table's rows, for feeds. Every field may be null and is by default, so that readers of older and newer
 * schemas read each other's files; Iceberg's field ids are kept as attributes.
 * @param name of the record, such as `metrics.engagement`.
 */
export function avroSchemaOf(schema: StructType, name: string): AvroSchema {
  const parts = name.split('.').map(avroName)
  const namespace = parts.slice(0, -1).join('.')
  return { ...recordOf(schema.fields, parts.at(-1)!), ...(namespace === '' ? {} : { namespace }) }
}

function recordOf(
  fields: readonly Field[],
  name: string,
): { readonly type: 'record'; readonly name: string } {
  const avroFields = fields.map((field) => ({
    ...optional(field.name, field.id, avroType(field.type, field.id)),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
  }))
  return { type: 'record', name, fields: avroFields } as { readonly type: 'record'; readonly name: string }
}

/** @param id makes names of nested records unique. */
function avroType(type: IcebergType, id: number): AvroSchema {
  if (typeof type === 'string') return primitiveAvroType(type, id)
  switch (type.type) {
    case 'struct':
      return recordOf(type.fields, `r${id}`)
    case 'list': {
      const elementId = type['element-id']
      return { type: 'array', items: ['null', avroType(type.element, elementId)], 'element-id': elementId }
    }
    case 'map': {
      const [keyId, valueId] = [type['key-id'], type['value-id']]
      const value = avroType(type.value, valueId)
      if (type.key === 'string')
        return { type: 'map', values: ['null', value], 'key-id': keyId, 'value-id': valueId }
      // Avro's own maps have text for keys.
      const fields = [required('key', keyId, avroType(type.key, keyId)), optional('value', valueId, value)]
      return { type: 'array', logicalType: 'map', items: { type: 'record', name: `r${id}`, fields } }
    }
  }
}
