import { NacreError } from '../../base/index.ts'
import { spanOfColumn } from '../scan/column-facts.ts'
import type { PartitionTuple } from './data-file.ts'
import type { ManifestListEntry, PartitionSummary } from './manifest-list.ts'
import { knownPartitionFields, storedPartition, type TypedPartitionField } from './partition-tuples.ts'
import { compareValues, serializeValue, type StoredValue } from '../schema/primitive-codec.ts'
import { currentSchema, specById, type TableMetadata } from '../metadata/table-metadata.ts'
import { mayHold, type ValueSpan } from '../scan/value-conditions.ts'

/** What a manifest list says of the partitions of a manifest's files, field by field. */
export function summarizePartitions(
  fields: readonly TypedPartitionField[],
  tuples: readonly PartitionTuple[],
): readonly PartitionSummary[] {
  return fields.map((field) => {
    const { name, type } = field
    const distinct = new Set(tuples.map((tuple) => tuple[name] ?? null))
    const given = [...distinct].filter((value) => value !== null)
    const values = given
      .filter((value) => !Number.isNaN(value))
      .map((value) => storedPartition(field, value)!)
    const bound = (side: -1 | 1): Uint8Array | null =>
      values.length === 0
        ? null
        : serializeValue(
            type,
            values.reduce((one, other) => extreme(one, other, side)),
          )
    return {
      contains_null: distinct.has(null),
      contains_nan: type === 'float' || type === 'double' ? values.length < given.length : null,
      lower_bound: bound(-1),
      upper_bound: bound(1),
    }
  })
}

/** What is known of a partition field's values in a manifest. */
export function spanOfSummary({ type }: TypedPartitionField, summary: PartitionSummary): ValueSpan {
  const { lower_bound: lower, upper_bound: upper } = summary
  const nans = summary.contains_nan === false ? 0 : undefined
  const span = spanOfColumn(type, { lower: lower ?? undefined, upper: upper ?? undefined, nans })
  return {
    ...span,
    mayHoldNull: summary.contains_null,
    mayHoldValues: (lower !== null && upper !== null) || span.mayHoldNan,
  }
}

/**
 * The manifests that may hold a partition matching one of the patterns, as far as their summaries tell. Throws NACRE_CONFLICT
 * for one whose files were partitioned otherwise, for then no pattern says which of its rows are meant.
 */
export function manifestsMatching(
  metadata: TableMetadata,
  list: readonly ManifestListEntry[],
  patterns: readonly PartitionTuple[],
): readonly ManifestListEntry[] {
  const named = [...new Set(patterns.flatMap((pattern) => Object.keys(pattern)))]
  const schemas = [currentSchema(metadata), ...metadata.schemas]
  return list.filter((listed) => {
    const fields = knownPartitionFields(specById(metadata, listed.partition_spec_id), schemas)
    const unknown = named.find((name) => !fields.some((field) => field.name === name))
    if (unknown !== undefined)
      throw new NacreError(
        'NACRE_CONFLICT',
        `Files of ${metadata.location} were written when it was not partitioned by '${unknown}'. Rewrite the table under its present partitioning first.`,
      )
    return patterns.some((pattern) => fields.every((field) => mayMatch(field, listed, pattern)))
  })
}

function mayMatch(
  field: TypedPartitionField,
  { partitions }: ManifestListEntry,
  pattern: PartitionTuple,
): boolean {
  const wanted = pattern[field.name]
  const summary = partitions?.[field.position]
  if (wanted === undefined || !summary) return true
  const value = storedPartition(field, wanted)
  return mayHold(value === null ? 'null' : [{ lower: value, upper: value }], spanOfSummary(field, summary))
}

function extreme(one: StoredValue, other: StoredValue, side: -1 | 1): StoredValue {
  return compareValues(other, one) * side > 0 ? other : one
}
