import { lowerBound, parseMetricsMode, upperBound, type MetricsMode } from '../schema/column-bounds.ts'
import type { ColumnStats, DataFile } from './data-file.ts'
import type { ByFieldId, ManifestFileEntry } from './manifest.ts'
import type { PrimitiveType } from '../schema/schema.ts'
import { fieldIdsOf, leafFieldsOf } from '../schema/schema-fields.ts'
import { currentSchema, type TableMetadata } from '../metadata/table-metadata.ts'

/** Makes manifest entries of new files of a table, with the statistics its properties allow. */
export function dataFileEntries(metadata: TableMetadata): (file: DataFile) => ManifestFileEntry {
  const schema = currentSchema(metadata)
  const leaves = leafFieldsOf(schema)
  const columns = schema.fields.flatMap((field) => {
    const mode = metricsMode(metadata, field.name)
    return [field.id, ...fieldIdsOf(field.type)].map((id) => ({ id, mode, type: leaves.get(id)?.field.type }))
  })
  return (file) => {
    const known = columns
      .filter(({ mode, id }) => mode.kind !== 'none' && file.stats[id] !== undefined)
      .map((column) => ({ ...column, stats: file.stats[column.id]! }))
      .toSorted((one, other) => one.id - other.id)
    const byField = <Value>(
      valueOf: (column: (typeof known)[number]) => Value | undefined,
    ): ByFieldId<Value> =>
      known.flatMap((column) => {
        const value = valueOf(column)
        return value === undefined ? [] : [{ key: column.id, value }]
      })
    return {
      content: 0,
      file_path: file.path,
      file_format: 'PARQUET',
      partition: file.partition,
      record_count: file.rowCount,
      file_size_in_bytes: file.sizeBytes,
      column_sizes: byField(({ stats }) => stats.sizeBytes),
      value_counts: byField(({ stats }) => stats.valueCount),
      null_value_counts: byField(({ stats }) => stats.nullCount),
      nan_value_counts: byField(({ stats }) => (stats.hasNan === false ? 0 : undefined)),
      lower_bounds: byField((column) => boundOf(column, 'min')),
      upper_bounds: byField((column) => boundOf(column, 'max')),
      key_metadata: null,
      split_offsets: null,
      equality_ids: null,
      sort_order_id: metadata['default-sort-order-id'],
    }
  }
}

function metricsMode(metadata: TableMetadata, column: string): MetricsMode {
  const { properties } = metadata
  return parseMetricsMode(
    properties[`write.metadata.metrics.column.${column}`] ?? properties['write.metadata.metrics.default'],
  )
}

function boundOf(
  { type, mode, stats }: { type: unknown; mode: MetricsMode; stats: ColumnStats },
  side: 'min' | 'max',
): Uint8Array | undefined {
  const text = stats[side]
  // Without a type it lies in a list or map, or is no primitive: no bounds then.
  if (text === undefined || type === undefined || mode.kind === 'counts') return undefined
  return (side === 'min' ? lowerBound : upperBound)(type as PrimitiveType, text, mode)
}
