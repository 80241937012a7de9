import type { ManifestFileEntry } from './manifest.ts'
import { deserializeValue, type StoredValue } from './primitive-codec.ts'
import type { PrimitiveType } from './schema.ts'
import type { ValueSpan } from './value-conditions.ts'

/** What a manifest tells of one column of a file; bounds as they are stored. */
export interface ColumnFacts {
  readonly lower?: Uint8Array | undefined
  readonly upper?: Uint8Array | undefined
  readonly values?: number | undefined
  readonly nulls?: number | undefined
  readonly nans?: number | undefined
}

/** The facts of a file's columns by field id; undefined for a column nothing is told of. */
export function columnFacts(file: ManifestFileEntry): ReadonlyMap<number, ColumnFacts> {
  const facts = new Map<number, { -readonly [Key in keyof ColumnFacts]: ColumnFacts[Key] }>()
  const of = (key: number): { -readonly [Key in keyof ColumnFacts]: ColumnFacts[Key] } => {
    const known = facts.get(key) ?? {}
    facts.set(key, known)
    return known
  }
  for (const { key, value } of file.lower_bounds ?? []) of(key).lower = value
  for (const { key, value } of file.upper_bounds ?? []) of(key).upper = value
  for (const { key, value } of file.value_counts ?? []) of(key).values = Number(value)
  for (const { key, value } of file.null_value_counts ?? []) of(key).nulls = Number(value)
  for (const { key, value } of file.nan_value_counts ?? []) of(key).nans = Number(value)
  return facts
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
