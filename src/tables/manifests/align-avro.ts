import type { AvroSchema } from '../../avro/index.ts'

/** Turns a value as it was written into one with the names of the schema it is read by. */
export type Align = (value: never) => unknown

/**
 * How rows of one Avro schema become rows of another: fields are found by their Iceberg ids, as writers name them differently,
 * and by name where a writer gave none; what was not written is null. Undefined when every row is right as it stands.
 */
export function alignAvro(written: AvroSchema, wanted: AvroSchema): Align | undefined {
  const [from, to] = [withoutNull(written), withoutNull(wanted)]
  const align = from.fields && to.fields ? alignRecord(from.fields, to.fields) : alignItems(from, to)
  return align && ((value: never) => (value === null ? null : align(value)))
}

interface Shape {
  readonly type?: unknown
  readonly fields?: readonly ShapeField[]
  readonly items?: AvroSchema
}

interface ShapeField {
  readonly name: string
  readonly type: AvroSchema
  readonly 'field-id'?: number
}

function alignItems(from: Shape, to: Shape): Align | undefined {
  if (from.items === undefined || to.items === undefined) return undefined
  const item = alignAvro(from.items, to.items)
  return item && ((values: never) => (values as readonly never[]).map(item))
}

function alignRecord(from: readonly ShapeField[], to: readonly ShapeField[]): Align | undefined {
  const members = to.map(({ name, type, 'field-id': id }) => {
    const source =
      from.find((field) => field['field-id'] === id && id !== undefined) ??
      from.find((field) => field['field-id'] === undefined && field.name === name)
    return { name, source: source?.name, align: source && alignAvro(source.type, type) }
  })
  if (members.every(({ name, source, align }) => name === source && align === undefined)) return undefined
  return (record: never) => {
    const values = record as Readonly<Record<string, never>>
    const result: Record<string, unknown> = {}
    for (const { name, source, align } of members) {
      const value = source === undefined ? null : (values[source] ?? null)
      result[name] = align && value !== null ? align(value) : value
    }
    return result
  }
}

/** The schema behind `["null", …]` and behind a type that is itself a schema. */
function withoutNull(schema: AvroSchema): Shape {
  if (Array.isArray(schema))
    return withoutNull((schema as readonly AvroSchema[]).find((one) => one !== 'null') ?? 'null')
  if (typeof schema === 'string') return {}
  const shape = schema as Shape
  return typeof shape.type === 'object' ? withoutNull(shape.type as AvroSchema) : shape
}
