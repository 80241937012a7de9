import { NacreError } from '../base/index.ts'
import type { PartitionTuple } from './data-file.ts'
import type { ManifestListEntry, PartitionSummary } from './manifest-list.ts'
import { typedPartitionFields, type TypedPartitionField } from './partition-tuples.ts'
import {
  compareValues,
  deserializeValue,
  parseValue,
  serializeValue,
  type StoredValue,
} from './primitive-codec.ts'
import { currentSchema, specById, type TableMetadata } from './table-metadata.ts'

/** What a manifest list says of the partitions of a manifest's files, field by field. */
export function summarizePartitions(
  fields: readonly TypedPartitionField[],
  tuples: readonly PartitionTuple[],
): readonly PartitionSummary[] {
  return fields.map(({ name, type }) => {
    const distinct = new Set(tuples.map((tuple) => tuple[name] ?? null))
    const values = [...distinct].flatMap((value) => (value === null ? [] : [parseValue(type, value)]))
    const bound = (side: -1 | 1): Uint8Array | null =>
      values.length === 0
        ? null
        : serializeValue(
            type,
            values.reduce((one, other) => extreme(one, other, side)),
          )
    return {
      contains_null: distinct.has(null),
      contains_nan: type === 'float' || type === 'double' ? false : null,
      lower_bound: bound(-1),
      upper_bound: bound(1),
    }
  })
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
  return list.filter((listed) => {
    const spec = specById(metadata, listed.partition_spec_id)
    const fields = typedPartitionFields(spec, currentSchema(metadata))
    const unknown = named.find((name) => !fields.some((field) => field.name === name))
    if (unknown !== undefined)
      throw new NacreError(
        'NACRE_CONFLICT',
        `Files of ${metadata.location} were written when it was not partitioned by '${unknown}'. Rewrite the table under its present partitioning first.`,
      )
    return patterns.some((pattern) => mayMatch(fields, listed.partitions, pattern))
  })
}

function mayMatch(
  fields: readonly TypedPartitionField[],
  summaries: readonly PartitionSummary[] | null,
  pattern: PartitionTuple,
): boolean {
  return fields.every(({ name, type }, index) => {
    const wanted = pattern[name]
    const summary = summaries?.[index]
    if (wanted === undefined || !summary) return true
    if (wanted === null) return summary.contains_null
    if (!summary.lower_bound || !summary.upper_bound) return false
    const value = parseValue(type, wanted)
    return (
      compareValues(deserializeValue(type, summary.lower_bound), value) <= 0 &&
      compareValues(value, deserializeValue(type, summary.upper_bound)) <= 0
    )
  })
}

function extreme(one: StoredValue, other: StoredValue, side: -1 | 1): StoredValue {
  return compareValues(other, one) * side > 0 ? other : one
}
