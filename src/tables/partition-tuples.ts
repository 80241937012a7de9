import { NacreError } from '../base/index.ts'
import type { PartitionTuple, PartitionValue } from './data-file.ts'
import { formatValue, parseValue } from './primitive-codec.ts'
import type { PartitionSpec, PartitionSpecField, PrimitiveType, Schema } from './schema.ts'

/** A partition field with the type of its values. */
export interface TypedPartitionField extends PartitionSpecField {
  readonly type: PrimitiveType
}

/** The fields of a spec with their types. Throws NACRE_INPUT for a transform that is not supported. */
export function typedPartitionFields(spec: PartitionSpec, schema: Schema): readonly TypedPartitionField[] {
  return spec.fields.map((field) => {
    const source = schema.fields.find(({ id }) => id === field['source-id'])
    if (field.transform === 'day') return { ...field, type: 'date' }
    if (field.transform === 'identity' && typeof source?.type === 'string')
      return { ...field, type: source.type }
    throw new NacreError(
      'NACRE_INPUT',
      `Partition field '${field.name}' has transform '${field.transform}' of ${source ? `column '${source.name}'` : 'no top-level column'}; only identity and day of a plain column are supported.`,
    )
  })
}

/** A value's partition: itself for `identity`, its UTC day for `day`. `type` is the column's. Throws NACRE_INPUT. */
export function partitionOf(
  transform: string,
  type: PrimitiveType,
  value: string | number | boolean | null,
): PartitionValue {
  if (value === null) return null
  const canonical = formatValue(type, parseValue(type, value))
  return transform === 'day' ? String(canonical).slice(0, '2026-01-05'.length) : canonical
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

/** A text that is equal for equal canonical tuples. */
export function tupleKey(tuple: PartitionTuple): string {
  return JSON.stringify(tuple)
}

/** Whether a canonical tuple has the values that one of the patterns names; a field that a pattern leaves out may have any. */
export function matchesAny(tuple: PartitionTuple, patterns: readonly PartitionTuple[]): boolean {
  return patterns.some((pattern) => Object.entries(pattern).every(([name, value]) => tuple[name] === value))
}
