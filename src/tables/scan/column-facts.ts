import type { ByFieldId, ManifestFileEntry } from '../manifests/manifest.ts'
import { deserializeValue, type StoredValue } from '../schema/primitive-codec.ts'
import type { PrimitiveType } from '../schema/schema.ts'
import type { LongId } from '../metadata/table-metadata.ts'
import type { ValueSpan } from './value-conditions.ts'

/** What a manifest tells of one column of a file; bounds as they are stored. */
export interface ColumnFacts {
  readonly lower?: Uint8Array | undefined
  readonly upper?: Uint8Array | undefined
  readonly values?: number | undefined
  readonly nulls?: number | undefined
  readonly nans?: number | undefined
}

/** The facts of one column of a file. */
export function factsOfColumn(file: ManifestFileEntry, id: number): ColumnFacts {
  const of = <Value>(map: ByFieldId<Value> | null): Value | undefined =>
    map?.find(({ key }) => key === id)?.value
  const count = (map: ByFieldId<LongId> | null): number | undefined => {
    const value = of(map)
    return value === undefined ? undefined : Number(value)
  }
  return {
    lower: of(file.lower_bounds),
    upper: of(file.upper_bounds),
    values: count(file.value_counts),
    nulls: count(file.null_value_counts),
    nans: count(file.nan_value_counts),
  }
}

/** The facts of all columns of a file that anything is told of, by field id. */
export function columnFacts(file: ManifestFileEntry): ReadonlyMap<number, ColumnFacts> {
  const maps = [
    file.lower_bounds,
    file.upper_bounds,
    file.value_counts,
    file.null_value_counts,
    file.nan_value_counts,
  ]
  const ids = new Set(maps.flatMap((map) => (map ?? []).map(({ key }) => key)))
  return new Map([...ids].map((id) => [id, factsOfColumn(file, id)]))
}

/** What is known of a column's values. A file without the column holds null in every row, but is not told from one without facts. */
export function spanOfColumn(type: PrimitiveType, facts: ColumnFacts = {}): ValueSpan {
  return {
    lower: bound(type, facts.lower),
    upper: bound(type, facts.upper),
    mayHoldNull: facts.nulls !== 0,
    mayHoldValues: facts.values === undefined || facts.nulls === undefined || facts.values > facts.nulls,
    mayHoldNan: (type === 'float' || type === 'double') && facts.nans !== 0,
  }
}

/** Some writers store bounds that are no value of the type; then nothing is known. */
function bound(type: PrimitiveType, bytes: Uint8Array | undefined): StoredValue | undefined {
  if (bytes === undefined) return undefined
  try {
    const value = deserializeValue(type, bytes)
    return Number.isNaN(value) ? undefined : value
  } catch {
    return undefined
  }
}
