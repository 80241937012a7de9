import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { pathOfFileUri } from '../../src/storage/index.ts'
import type {
  ColumnStats,
  DataFile,
  IcebergType,
  PartitionTuple,
  WriteTarget,
} from '../../src/tables/index.ts'

/** A DuckDB that writes and reads the Parquet files of tables, apart from the engine that is itself under test. */
export interface ParquetFiles extends AsyncDisposable {
  /** Writes the rows of a query as one file of one partition. */
  write(target: WriteTarget, select: string, partition?: PartitionTuple): Promise<DataFile>
  /** Rows of a query as JSON values; `files` gives the SQL that reads files. */
  rows(select: string): Promise<Record<string, unknown>[]>
  connection: DuckDBConnection
}

export async function openParquetFiles(): Promise<ParquetFiles> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  return {
    connection,
    async write(target, select, partition = {}) {
      const path = `${pathOfFileUri(target.dataLocation)}/${randomUUID()}.parquet`
      mkdirSync(pathOfFileUri(target.dataLocation), { recursive: true })
      const { fields } = target.schema
      const columns = fields.map(
        (field) => `cast("${field.name}" as ${duckdbType(field.type)}) as "${field.name}"`,
      )
      const ids = fields.map((field) => `"${field.name}": ${fieldIds(field.id, field.type)}`)
      const reader = await connection.runAndReadAll(
        `copy (select ${columns.join(', ')} from (${select})) to '${path}' (format parquet, return_stats, field_ids {${ids.join(', ')}})`,
      )
      const [row] = reader.getRowObjectsJson() as unknown as CopyResult[]
      const idByPath = new Map(fields.flatMap((field) => idsByPath(`"${field.name}"`, field.id, field.type)))
      const stats = row!.column_statistics.map(({ key, value }) => {
        const entries = Object.fromEntries(value.map((entry) => [entry.key, entry.value]))
        return [String(idByPath.get(key)), columnStats(entries)] as const
      })
      return {
        path: `file://${path}`,
        rowCount: Number(row!.count),
        sizeBytes: Number(row!.file_size_bytes),
        partition,
        stats: Object.fromEntries(stats),
      }
    },
    rows: async (select) => (await connection.runAndReadAll(select)).getRowObjectsJson(),
    async [Symbol.asyncDispose]() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** SQL that reads files, such as `read_parquet(['/a', '/b'])`. */
export function readParquet(files: readonly { path: string }[]): string {
  return `read_parquet([${files.map(({ path }) => `'${pathOfFileUri(path)}'`).join(', ')}], union_by_name = true)`
}

interface CopyResult {
  readonly count: string
  readonly file_size_bytes: string
  readonly column_statistics: readonly {
    readonly key: string
    readonly value: readonly { readonly key: string; readonly value: string }[]
  }[]
}

function columnStats(entries: Readonly<Record<string, string>>): ColumnStats {
  const { min, max, has_nan: hasNan } = entries
  return {
    sizeBytes: Number(entries['column_size_bytes']),
    valueCount: Number(entries['num_values']),
    nullCount: Number(entries['null_count']),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(hasNan === undefined ? {} : { hasNan: hasNan === 'true' }),
  }
}

function duckdbType(type: IcebergType): string {
  if (typeof type !== 'string') {
    switch (type.type) {
      case 'struct':
        return `struct(${type.fields.map((field) => `"${field.name}" ${duckdbType(field.type)}`).join(', ')})`
      case 'list':
        return `${duckdbType(type.element)}[]`
      case 'map':
        return `map(${duckdbType(type.key)}, ${duckdbType(type.value)})`
    }
  }
  const names: Readonly<Record<string, string>> = { long: 'bigint', string: 'varchar', binary: 'blob' }
  return names[type] ?? type
}

function fieldIds(id: number, type: IcebergType): string {
  if (typeof type === 'string') return String(id)
  switch (type.type) {
    case 'struct':
      return `{__duckdb_field_id: ${id}, ${type.fields.map((field) => `"${field.name}": ${fieldIds(field.id, field.type)}`).join(', ')}}`
    case 'list':
      return `{__duckdb_field_id: ${id}, element: ${fieldIds(type['element-id'], type.element)}}`
    case 'map':
      return `{__duckdb_field_id: ${id}, key: ${fieldIds(type['key-id'], type.key)}, value: ${fieldIds(type['value-id'], type.value)}}`
  }
}

/** DuckDB names the leaves in its statistics by quoted path. */
function idsByPath(path: string, id: number, type: IcebergType): readonly (readonly [string, number])[] {
  if (typeof type === 'string') return [[path, id]]
  switch (type.type) {
    case 'struct':
      return type.fields.flatMap((field) => idsByPath(`${path}."${field.name}"`, field.id, field.type))
    case 'list':
      return idsByPath(`${path}."element"`, type['element-id'], type.element)
    case 'map':
      return [
        ...idsByPath(`${path}."key"`, type['key-id'], type.key),
        ...idsByPath(`${path}."value"`, type['value-id'], type.value),
      ]
  }
}
