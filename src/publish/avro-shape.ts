import type { AvroSchema } from '../avro/index.ts'

type Shape = (value: unknown) => unknown

interface AvroNode {
  readonly type: unknown
  readonly logicalType?: string
  readonly fields?: readonly {
    readonly name: string
    readonly type: AvroSchema
    readonly 'iceberg-field-name'?: string
  }[]
  readonly items?: AvroSchema
  readonly values?: AvroSchema
}

/**
 * What turns an engine's rows into the shape of an Avro schema: fields under the names that Avro allows, maps whose keys are no
 * text as lists of entries. Undefined where nothing has to be turned.
 */
export function avroShape(schema: AvroSchema): Shape | undefined {
  if (typeof schema === 'string') return undefined
  if (Array.isArray(schema)) {
    const shape = (schema as readonly AvroSchema[]).map(avroShape).find((branch) => branch !== undefined)
    return shape && ((value) => (value === null ? null : shape(value)))
  }
  const node = schema as AvroNode
  switch (node.type) {
    case 'record':
      return recordShape(node.fields!)
    case 'array': {
      if (node.logicalType === 'map') return entriesShape(node.items as unknown as AvroNode)
      const item = avroShape(node.items!)
      return item && ((value) => (value as readonly unknown[]).map(item))
    }
    case 'map': {
      const item = avroShape(node.values!)
      return (
        item &&
        ((value) =>
          Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, item(inner)])))
      )
    }
    default:
      return undefined
  }
}

function recordShape(fields: NonNullable<AvroNode['fields']>): Shape | undefined {
  const parts = fields.map((field) => ({
    name: field.name,
    from: field['iceberg-field-name'] ?? field.name,
    shape: avroShape(field.type),
  }))
  if (parts.every(({ name, from, shape }) => name === from && shape === undefined)) return undefined
  return (value) => {
    const row = value as Readonly<Record<string, unknown>>
    return Object.fromEntries(
      parts.map(({ name, from, shape }) => [name, shape ? shape(row[from]) : row[from]]),
    )
  }
}

/** Engines give maps as objects, whose keys are text. */
function entriesShape(entry: AvroNode): Shape {
  const [keyField, valueField] = entry.fields!
  const shape = avroShape(valueField!.type) ?? ((value) => value)
  const keyOf = typeof keyField!.type === 'string' ? (keyReaders[keyField!.type] ?? String) : String
  return (value) =>
    Object.entries(value as object).map(([key, inner]) => ({ key: keyOf(key), value: shape(inner) }))
}

const keyReaders: Readonly<Record<string, (key: string) => unknown>> = {
  boolean: (key) => key === 'true',
  int: Number,
  long: (key) => (Number.isSafeInteger(Number(key)) ? Number(key) : BigInt(key)),
  float: Number,
  double: Number,
}
