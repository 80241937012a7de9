import { columnFacts, spanOfColumn, type ColumnFacts } from './column-facts.ts'
import type { ManifestEntry } from '../manifests/manifest.ts'
import { compareValues, serializeValue, type StoredValue } from '../schema/primitive-codec.ts'
import type { PrimitiveType, Schema } from '../schema/schema.ts'
import { leafFieldsOf } from '../schema/schema-fields.ts'

/** What holds of each column in all files together, by field id. A column that is not told of in every file is left out: nothing is known of it. */
export function commonFacts(
  schema: Schema,
  entries: readonly ManifestEntry[],
): ReadonlyMap<number, ColumnFacts> {
  const files = entries.map(({ data_file: file }) => columnFacts(file))
  const common = new Map<number, ColumnFacts>()
  for (const [id, { field }] of leafFieldsOf(schema)) {
    const facts = files.map((file) => file.get(id))
    if (facts.every((one) => one !== undefined))
      common.set(id, mergeFacts(field.type as PrimitiveType, facts))
  }
  return common
}

function mergeFacts(type: PrimitiveType, facts: readonly ColumnFacts[]): ColumnFacts {
  const total = (count: (one: ColumnFacts) => number | undefined): number | undefined =>
    facts.reduce<number | undefined>((sum, one) => {
      const more = count(one)
      return sum === undefined || more === undefined ? undefined : sum + more
    }, 0)
  // A file that holds nothing but null has no bounds, and needs none.
  const bounded = facts.filter(
    (one) => !(one.lower === undefined && one.values !== undefined && one.values === one.nulls),
  )
  const spans = bounded.map((one) => spanOfColumn(type, one))
  const extreme = (side: 'lower' | 'upper', sign: -1 | 1): Uint8Array | undefined => {
    const values = spans.map((span) => span[side])
    if (values.length === 0 || values.some((value) => value === undefined)) return undefined
    const known = values as StoredValue[]
    return serializeValue(
      type,
      known.reduce((one, other) => (compareValues(other, one) * sign > 0 ? other : one)),
    )
  }
  return {
    lower: extreme('lower', -1),
    upper: extreme('upper', 1),
    values: total((one) => one.values),
    nulls: total((one) => one.nulls),
    nans: total((one) => one.nans),
  }
}
