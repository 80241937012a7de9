import { NacreError } from '../../base/index.ts'
import { quoteIdentifier } from '../../sql/index.ts'
import type {
  ColumnStats,
  DataFile,
  Field,
  IcebergType,
  PartitionTuple,
  PartitionValue,
  WriteTarget,
} from '../../tables/index.ts'
import type { ResultRow } from '../engine.ts'
import { partitionColumns, type PartitionColumn } from './write-plan.ts'

/** A file that COPY reports, its `path` the one on disk. */
export interface WrittenFile extends DataFile {
  /** Folder and name that hold no character a reader could take for more than itself. */
  readonly place: string
}

/** What COPY … RETURN_STATS says of one file. */
interface CopyRow {
  readonly filename: string
  readonly count: number
  readonly file_size_bytes: number
  readonly column_statistics: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly partition_keys: Readonly<Record<string, string | null>> | null
}

/** Reads the rows of COPY … RETURN_STATS: files with statistics by field id; files of no rows are left out. */
export function readWrittenFiles(target: WriteTarget, rows: readonly ResultRow[]): WrittenFile[] {
  const partitions = partitionColumns(target)
  const leaves = target.schema.fields.flatMap((field) =>
    leafFields(quoteIdentifier(field.name), field.id, field.type),
  )
  return (rows as unknown as readonly CopyRow[])
    .filter((row) => row.count > 0)
    .map((row) => {
      const partition = partitionTuple(partitions, row)
      return {
        path: row.filename,
        place: placeOf(partition, row.filename),
        rowCount: row.count,
        sizeBytes: row.file_size_bytes,
        partition,
        stats: Object.fromEntries(
          leaves.flatMap(({ path, id }) => {
            const stats = row.column_statistics[path]
            return stats === undefined ? [] : [[id, columnStats(stats)]]
          }),
        ),
      }
    })
}

/** Throws NACRE_INPUT when a required column holds nulls or a date or timestamp is infinite. Nested required columns are not seen here. */
export function checkValues(target: WriteTarget, files: readonly DataFile[]): void {
  for (const field of target.schema.fields) {
    if (field.required && typeof field.type === 'string') refuseNulls(target, field, files)
    for (const { path, id, type } of leafFields(quoteIdentifier(field.name), field.id, field.type)) {
      const infinite = files.some(({ stats }) => /infinity/.test(`${stats[id]?.min} ${stats[id]?.max}`))
      if (infinite && /^(date|timestamp)/.test(type))
        throw new NacreError(
          'NACRE_INPUT',
          `Column ${path} of ${target.table} holds an infinite ${type}, which a table cannot; write null or a real ${type}.`,
          {
            details: { table: target.table, column: path },
          },
        )
    }
  }
}

function refuseNulls(target: WriteTarget, field: Field, files: readonly DataFile[]): void {
  const nulls = files.reduce((sum, { stats }) => sum + (stats[field.id]?.nullCount ?? 0), 0)
  if (nulls > 0) throw nullsInRequired(target.table, field.name, nulls)
}

/** The refusal of nulls in a required column. */
export function nullsInRequired(table: string, column: string, nulls: number): NacreError {
  return new NacreError(
    'NACRE_INPUT',
    `Column '${column}' of ${table} is required, but ${nulls} of the rows hold null; leave them out or give a value.`,
    { details: { table, column, nulls } },
  )
}

function leafFields(
  path: string,
  id: number,
  type: IcebergType,
): { path: string; id: number; type: string }[] {
  if (typeof type === 'string') return [{ path, id, type }]
  switch (type.type) {
    case 'struct':
      return type.fields.flatMap((field) =>
        leafFields(`${path}.${quoteIdentifier(field.name)}`, field.id, field.type),
      )
    case 'list':
      return leafFields(`${path}."element"`, type['element-id'], type.element)
    case 'map':
      return [
        ...leafFields(`${path}."key"`, type['key-id'], type.key),
        ...leafFields(`${path}."value"`, type['value-id'], type.value),
      ]
  }
}

function columnStats(stats: Readonly<Record<string, string>>): ColumnStats {
  return {
    sizeBytes: Number(stats['column_size_bytes']),
    valueCount: Number(stats['num_values']),
    nullCount: Number(stats['null_count'] ?? 0),
    ...(stats['has_nan'] !== undefined && { hasNan: stats['has_nan'] === 'true' }),
    ...(stats['min'] !== undefined && { min: stats['min'] }),
    ...(stats['max'] !== undefined && { max: stats['max'] }),
  }
}

function partitionTuple(partitions: readonly PartitionColumn[], row: CopyRow): PartitionTuple {
  return Object.fromEntries(
    partitions.map(({ field, hidden }) => {
      // Only partition_keys tells null from the text that stands for it in the path.
      const text = row.partition_keys?.[hidden] ?? null
      return [field.name, text === null ? null : partitionValue(field.type, text)]
    }),
  )
}

function partitionValue(type: IcebergType, text: string): PartitionValue {
  if (type === 'boolean') return text === 'true'
  if (type === 'int' || type === 'float' || type === 'double') return Number(text)
  if (type === 'long' && Number.isSafeInteger(Number(text))) return Number(text)
  return text
}

function placeOf(partition: PartitionTuple, filename: string): string {
  const folders = Object.entries(partition).map(([name, value]) => `${plain(name)}=${plain(String(value))}`)
  return [...folders, filename.slice(filename.lastIndexOf('/') + 1)].join('/')
}

function plain(text: string): string {
  return text.replaceAll(/[^\w.-]/g, '_').slice(0, 64)
}
