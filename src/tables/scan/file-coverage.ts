import type { PartitionTuple, PartitionValue } from '../manifests/data-file.ts'
import type { ManifestFileEntry } from '../manifests/manifest.ts'
import { partitionOf, type TypedPartitionField } from '../manifests/partition-tuples.ts'
import { compareValues, deserializeValue, formatValue, parseValue } from '../schema/primitive-codec.ts'
import type { PartitionSpec, PrimitiveType, Schema } from '../schema/schema.ts'

/** How many of a file's rows lie in a partition. `some` is also said where metadata cannot tell. */
export type Coverage = 'all' | 'some' | 'none'

/**
 * How many rows of a file lie in any of the partitions.
 * @param fields of the spec that the patterns are of; the file may be of an older one, in which case its bounds tell.
 */
export function coverageOf(
  file: ManifestFileEntry,
  written: { readonly spec: PartitionSpec; readonly schema: Schema },
  fields: readonly TypedPartitionField[],
  patterns: readonly PartitionTuple[],
): Coverage {
  const coverages = patterns.map((pattern) => {
    const ofFields = fields
      .filter(({ name }) => pattern[name] !== undefined)
      .map((field) => fieldCoverage(file, written, field, pattern[field.name]!))
    if (ofFields.includes('none')) return 'none'
    return ofFields.includes('some') ? 'some' : 'all'
  })
  if (coverages.includes('all')) return 'all'
  return coverages.includes('some') ? 'some' : 'none'
}

function fieldCoverage(
  file: ManifestFileEntry,
  { spec, schema }: { readonly spec: PartitionSpec; readonly schema: Schema },
  field: TypedPartitionField,
  wanted: PartitionValue,
): Coverage {
  const own = spec.fields.find(
    (candidate) => candidate['source-id'] === field['source-id'] && candidate.transform === field.transform,
  )
  if (own) return (file.partition[own.name] ?? null) === wanted ? 'all' : 'none'
  const id = field['source-id']
  const of = <Value>(values: readonly { key: number; value: Value }[] | null): Value | undefined =>
    values?.find(({ key }) => key === id)?.value
  const nulls = of(file.null_value_counts)
  const isAllNull = nulls !== undefined && nulls === file.record_count
  if (wanted === null) return isAllNull ? 'all' : Number(nulls) === 0 ? 'none' : 'some'
  if (isAllNull) return 'none'
  const type = schema.fields.find((candidate) => candidate.id === id)?.type
  const [lower, upper] = [of(file.lower_bounds), of(file.upper_bounds)]
  // A bucket says nothing of order, so bounds say nothing of it.
  if (typeof type !== 'string' || !lower || !upper || field.transform.startsWith('bucket')) return 'some'
  const [least, most] = [lower, upper].map((bound) => partitionOfBound(field, type, bound))
  if (least === undefined || most === undefined) return 'some'
  if (least === wanted && most === wanted) return Number(nulls) === 0 ? 'all' : 'some'
  const compare = (one: PartitionValue, other: PartitionValue): number =>
    compareValues(parseValue(field.type, one!), parseValue(field.type, other!))
  return compare(wanted, least) < 0 || compare(wanted, most) > 0 ? 'none' : 'some'
}

function partitionOfBound(
  field: TypedPartitionField,
  type: PrimitiveType,
  bound: Uint8Array,
): PartitionValue | undefined {
  const value = formatValue(type, deserializeValue(type, bound))
  return partitionOf(field.transform, type, value) ?? undefined
}
