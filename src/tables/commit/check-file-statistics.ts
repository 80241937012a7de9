import { isUtf8 } from 'node:buffer'
import type { ManifestFileEntry } from '../manifests/manifest.ts'
import { compareValues, decimalShape, deserializeValue, type StoredValue } from '../schema/primitive-codec.ts'
import { refuse } from '../metadata/refuse.ts'
import type { PrimitiveType } from '../schema/schema.ts'
import { placedFieldsOf } from '../schema/schema-fields.ts'
import type { TableMetadata } from '../metadata/table-metadata.ts'

/** A primitive column by its newest type. */
interface Column {
  readonly path: string
  readonly type: PrimitiveType
}

/** Every primitive column of every schema of a table; the newest schema decides, whose types are the widest. */
export function columnsById({ schemas }: TableMetadata): ReadonlyMap<number, Column> {
  const columns = new Map<number, Column>()
  for (const schema of schemas)
    for (const [id, { path, type }] of placedFieldsOf(schema))
      if (typeof type === 'string') columns.set(id, { path, type })
  return columns
}

/**
 * Throws NACRE_INPUT naming file and column for statistics that cannot be: counts below zero, more nulls than values, a bound
 * that is no value of the column's type, a lower bound above the upper one. Wrong ones would make readers skip rows.
 */
export function checkFileStatistics(file: ManifestFileEntry, columns: ReadonlyMap<number, Column>): void {
  const wrong = (key: number, what: string): never =>
    refuse(
      `File ${file.file_path} has wrong statistics of column '${columns.get(key)?.path ?? key}': ${what}. Write its manifest anew.`,
    )
  if (file.record_count < 0) refuse(`File ${file.file_path} has ${file.record_count} rows.`)
  const values = byKey(file.value_counts)
  const counts = [file.value_counts, file.null_value_counts, file.nan_value_counts, file.column_sizes]
  for (const { key, value } of counts.flatMap((list) => list ?? []))
    if (value < 0) wrong(key, `the count ${value}`)
  for (const { key, value: nulls } of file.null_value_counts ?? []) {
    const count = values.get(key)
    if (count !== undefined && nulls > count) wrong(key, `${nulls} nulls among ${count} values`)
  }
  const lower = bounds(file.lower_bounds, 'lower')
  const upper = bounds(file.upper_bounds, 'upper')
  for (const [key, value] of lower) {
    const other = upper.get(key)
    if (other !== undefined && compareValues(value, other) > 0)
      wrong(key, `its lower bound ${shown(value)} is above its upper bound ${shown(other)}`)
  }

  function bounds(list: ManifestFileEntry['lower_bounds'], side: string): ReadonlyMap<number, StoredValue> {
    return new Map(
      (list ?? []).flatMap(({ key, value }) => {
        const column = columns.get(key)
        // Of a column that was dropped nobody asks.
        if (!column) return []
        if (!mayBe(column.type, value))
          return wrong(key, `its ${side} bound, ${value.length} bytes, is no ${column.type}`)
        return [[key, deserializeValue(column.type, value)] as const]
      }),
    )
  }
}

function byKey<Value>(list: readonly { key: number; value: Value }[] | null): ReadonlyMap<number, Value> {
  return new Map((list ?? []).map(({ key, value }) => [key, value]))
}

const sizes: Readonly<Record<string, readonly number[]>> = {
  boolean: [1],
  int: [4],
  // A column that was widened keeps the bounds of the narrower type.
  long: [8, 4],
  float: [4],
  double: [8, 4],
  date: [4],
  time: [8],
  timestamp: [8],
  timestamptz: [8],
  uuid: [16],
}

function mayBe(type: PrimitiveType, bound: Uint8Array): boolean {
  if (type === 'string') return isUtf8(bound)
  if (decimalShape(type)) return bound.length >= 1 && bound.length <= 16
  return sizes[type]?.includes(bound.length) ?? true
}

function shown(value: StoredValue): string {
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value)
}
