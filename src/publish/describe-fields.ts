import type { AvroSchema } from '../avro/index.ts'

/** A field of a feed in words. */
export interface DescribedField {
  readonly name: string
  /** Such as `long`, `decimal(12,2)`, `list<string>`. */
  readonly type: string
  readonly nullable: boolean
  readonly doc: string | null
}

interface AvroNode {
  readonly type: unknown
  readonly logicalType?: string
  readonly precision?: number
  readonly scale?: number
  readonly size?: number
  readonly items?: AvroSchema
  readonly values?: AvroSchema
  readonly fields?: readonly { readonly name: string; readonly type: AvroSchema; readonly doc?: string }[]
}

/** The fields of a record's schema. */
export function describeFields(schema: AvroSchema): readonly DescribedField[] {
  return ((schema as AvroNode).fields ?? []).map(({ name, type, doc }) => ({
    name,
    type: typeText(type),
    nullable: Array.isArray(type) && type.includes('null'),
    doc: doc ?? null,
  }))
}

function typeText(schema: AvroSchema): string {
  if (typeof schema === 'string') return schema
  if (Array.isArray(schema)) {
    return (schema as readonly AvroSchema[])
      .filter((branch) => branch !== 'null')
      .map(typeText)
      .join(' | ')
  }
  const { type, logicalType, precision, scale = 0, size, items, values, fields } = schema as AvroNode
  if (logicalType === 'decimal') return `decimal(${precision},${scale})`
  if (logicalType === 'map') {
    const [key, value] = (items as AvroNode).fields!
    return `map<${typeText(key!.type)}, ${typeText(value!.type)}>`
  }
  if (logicalType !== undefined) return logicalType
  if (items !== undefined) return `list<${typeText(items)}>`
  if (values !== undefined) return `map<string, ${typeText(values)}>`
  if (fields !== undefined)
    return `struct<${fields.map((field) => `${field.name}: ${typeText(field.type)}`).join(', ')}>`
  return size === undefined ? String(type) : `${String(type)}[${size}]`
}
