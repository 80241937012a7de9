import { NacreError } from '../../base/index.ts'
import type { PartitionTuple, PartitionValue } from './data-file.ts'
import { formatValue, parseValue, type StoredValue } from '../schema/primitive-codec.ts'
import type { PartitionSpec, PartitionSpecField, PrimitiveType, Schema } from '../schema/schema.ts'
import { leafFieldsOf } from '../schema/schema-fields.ts'
import { typeText } from '../schema/type-text.ts'
import { parseTransform, transformedType, transformValue, type Transform } from '../schema/transforms.ts'

/** A partition field with what its column and its transform are. */
export interface TypedPartitionField extends PartitionSpecField {
  /** Of its values. */
  readonly type: PrimitiveType
  readonly sourceType: PrimitiveType
  readonly parsed: Transform
  /** Its place in the spec, and so among a manifest's summaries. */
  readonly position: number
}

/** The fields of a spec with their types. Throws NACRE_INPUT for a transform that is unknown or not for its column. */
export function typedPartitionFields(spec: PartitionSpec, schema: Schema): readonly TypedPartitionField[] {
  const fields = knownPartitionFields(spec, [schema])
  const unknown = spec.fields.find(({ 'field-id': id }) => !fields.some((field) => field['field-id'] === id))
  if (unknown === undefined) return fields
  const source = leafFieldsOf(schema).get(unknown['source-id'])?.field
  const column = source ? `column '${source.name}' of type ${typeText(source.type)}` : 'no plain column'
  throw new NacreError(
    'NACRE_INPUT',
    `Partition field '${unknown.name}' has transform '${unknown.transform}' of ${column}; use identity, year, month, day, hour, bucket[n], truncate[n] or void of a column of a type it is for.`,
  )
}

/**
 * Those fields of a spec whose values mean something to us: others, of a later specification or of a column that is gone, say
 * nothing of the rows. A column is looked for in the schemas in turn.
 */
export function knownPartitionFields(
  spec: PartitionSpec,
  schemas: readonly Schema[],
): readonly TypedPartitionField[] {
  return spec.fields.flatMap((field, position) => {
    const parsed = parseTransform(field.transform)
    const sourceType = sourceTypeOf(field, schemas)
    // A field that was removed from the spec of an old table is void, and its column may be gone.
    if (parsed?.kind === 'void')
      return { ...field, parsed, position, type: sourceType ?? 'int', sourceType: sourceType ?? 'int' }
    const type = parsed && sourceType && transformedType(parsed, sourceType)
    return type === undefined ? [] : { ...field, parsed: parsed!, position, type, sourceType: sourceType! }
  })
}

function sourceTypeOf(field: PartitionSpecField, schemas: readonly Schema[]): PrimitiveType | undefined {
  for (const schema of schemas) {
    const leaf = leafFieldsOf(schema).get(field['source-id'])
    if (leaf) return leaf.field.type as PrimitiveType
  }
  return undefined
}

/** The partition value of a column's value; `type` is the column's. Throws NACRE_INPUT. */
export function partitionOf(
  transform: string,
  type: PrimitiveType,
  value: string | number | boolean | null,
): PartitionValue {
  const parsed = parseTransform(transform)
  const resultType = parsed && transformedType(parsed, type)
  if (parsed === undefined || resultType === undefined)
    throw new NacreError('NACRE_INPUT', `Transform '${transform}' of type ${type} does not exist.`)
  const result = value === null ? null : transformValue(parsed, type, parseValue(type, value))
  return result === null ? null : formatValue(resultType, result)
}

/**
 * The tuple with each value in its one form, fields in the spec's order. Throws NACRE_INPUT for an unknown field, a value of
 * the wrong type and, unless `partial`, a missing field.
 */
export function canonicalTuple(
  fields: readonly TypedPartitionField[],
  tuple: PartitionTuple,
  options: { partial?: boolean } = {},
): PartitionTuple {
  const names = fields.map(({ name }) => name)
  const known =
    names.length === 0 ? 'it has no partition fields' : `its partition fields are ${names.join(', ')}`
  const unknown = Object.keys(tuple).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new NacreError('NACRE_INPUT', `The table is not partitioned by '${unknown}': ${known}.`)
  const missing = names.find((name) => tuple[name] === undefined)
  if (missing !== undefined && !options.partial)
    throw new NacreError(
      'NACRE_INPUT',
      `Partition ${JSON.stringify(tuple)} does not give '${missing}': ${known}.`,
    )
  return Object.fromEntries(
    fields
      .filter(({ name }) => tuple[name] !== undefined)
      .map(({ name, type }) => [name, partitionOf('identity', type, tuple[name]!)]),
  )
}

/** The value as it is compared; null for null. */
export function storedPartition(field: TypedPartitionField, value: PartitionValue): StoredValue | null {
  return value === null ? null : parseValue(field.type, value)
}

/** A text that is equal for equal canonical tuples. */
export function tupleKey(tuple: PartitionTuple): string {
  return JSON.stringify(tuple)
}

/** Whether a canonical tuple has the values that one of the patterns names; a field that a pattern leaves out may have any. */
export function matchesAny(tuple: PartitionTuple, patterns: readonly PartitionTuple[]): boolean {
  return patterns.some((pattern) => Object.entries(pattern).every(([name, value]) => tuple[name] === value))
}
