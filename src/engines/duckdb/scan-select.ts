import { quoteIdentifier, quoteString } from '../../sql/index.ts'
import type { StorageAccess } from '../../storage/index.ts'
import {
  knownPartitionFields,
  type Field,
  type IcebergType,
  type ScanFile,
  type ScanPlan,
  type Schema,
} from '../../tables/index.ts'
import { columnType } from './column-type.ts'
import type { Duckdb } from './duckdb.ts'
import { readablePath } from './file-access.ts'
import { readFileShapes, type FileShape } from './file-shapes.ts'
import { partitionSql } from './transform-sql.ts'

/** Makes the SELECT that reads a pinned snapshot, looking into its files when their nested columns may differ. */
export async function readPlan(
  duckdb: Duckdb,
  plan: ScanPlan,
  access: Partial<StorageAccess> = {},
): Promise<string> {
  duckdb.filesOfTables.set(plan.table, new Set(filesOf(plan, access)))
  const isBucketed = plan.partitions?.spec.fields.some(({ transform }) => transform.startsWith('bucket'))
  if (isBucketed) await duckdb.knowBuckets()
  const isVaried =
    plan.nameMapping !== undefined || plan.fileSchemas.some((schema) => !sameNested(schema, plan.schema))
  return scanSelect(
    plan,
    access,
    isVaried && plan.files.length > 0 ? await readFileShapes(duckdb, plan, access) : undefined,
  )
}

/** Every file that the SELECT of a plan opens, as DuckDB names it. */
export function filesOf(plan: ScanPlan, access: Partial<StorageAccess> = {}): readonly string[] {
  const uris = new Set(plan.files.flatMap(({ path, deletes = [] }) => [path, ...deletes]))
  return [...uris].map((uri) => readablePath(uri, access))
}

/**
 * The SELECT that reads a pinned snapshot, columns resolved by field id and typed as the plan's schema.
 * DuckDB resolves ids of top-level columns only, so files whose nested columns have another shape are read under that and
 * rebuilt; without `shapes` all have the shape of the plan.
 */
export function scanSelect(
  plan: ScanPlan,
  access: Partial<StorageAccess> = {},
  shapes: ReadonlyMap<string, FileShape> = new Map(),
): string {
  if (plan.files.length === 0) return emptySelect(plan.schema)
  const asPlanned: FileShape = { schema: plan.schema, hasIds: true }
  const shapeOf = ({ path }: ScanFile): FileShape => {
    const shape = shapes.get(path)
    return shape === undefined || (shape.hasIds && sameNested(shape.schema, plan.schema)) ? asPlanned : shape
  }
  const groups = [...Map.groupBy(plan.files, shapeOf)].flatMap(([shape, alike]) =>
    Map.groupBy(alike, ({ deletes, isPartial }) => `${deletes !== undefined} ${isPartial}`)
      .values()
      .map((files) => groupSelect(plan, { shape, files }, access))
      .toArray(),
  )
  return groups.join('\nUNION ALL BY NAME\n')
}

function emptySelect(schema: Schema): string {
  const columns = schema.fields.map(
    (field) => `CAST(NULL AS ${columnType(field.type)}) AS ${quoteIdentifier(field.name)}`,
  )
  return `SELECT ${columns.join(', ')} WHERE false`
}

function sameNested(written: Schema, read: Schema): boolean {
  const byId = new Map(written.fields.map((field) => [field.id, field]))
  return read.fields.every((field) => {
    const before = byId.get(field.id)
    return before === undefined || typeof field.type === 'string' || sameType(before.type, field.type)
  })
}

/** Whether a type has the same names, ids and types all the way down. */
function sameType(a: IcebergType, b: IcebergType): boolean {
  return columnType(a) === columnType(b) && childIds(a).join() === childIds(b).join()
}

function childIds(type: IcebergType): number[] {
  if (typeof type === 'string') return []
  switch (type.type) {
    case 'struct':
      return type.fields.flatMap((field) => [field.id, ...childIds(field.type)])
    case 'list':
      return [type['element-id'], ...childIds(type.element)]
    case 'map':
      return [type['key-id'], type['value-id'], ...childIds(type.key), ...childIds(type.value)]
  }
}

/** Files that are read alike: of one shape, all or none with deletes, all or none partly. */
interface FileGroup {
  readonly shape: FileShape
  readonly files: readonly ScanFile[]
}

function groupSelect(plan: ScanPlan, { shape, files }: FileGroup, access: Partial<StorageAccess>): string {
  const deletes = [...new Set(files.flatMap((file) => file.deletes ?? []))]
  const paths = files.map((file) => quoteString(readablePath(file.path, access))).join(', ')
  const inFile = new Map(shape.schema.fields.map((field) => [field.id, field]))
  const source = shape.hasIds
    ? columnsById(plan.schema, inFile, { areNamesOurs: deletes.length > 0 })
    : columnsByName(inFile)
  const columns = plan.schema.fields.map(
    (field) => `${source.valueOf(field)} AS ${quoteIdentifier(field.name)}`,
  )
  const where = deletes.length === 0 ? '' : ` WHERE ${notDeleted(deletes, access)}`
  const select = `SELECT ${columns.join(', ')} FROM read_parquet([${paths}], ${source.option}) AS nacre_rows${where}`
  return files[0]!.isPartial ? `SELECT * FROM (${select}) WHERE ${partitionCondition(plan)}` : select
}

/** How columns are found in files. */
interface ColumnSource {
  /** The option that read_parquet is given. */
  readonly option: string
  /** SQL for a column's value, of the type it is read as. */
  readonly valueOf: (field: Field) => string
}

/** @param options With `areNamesOurs`, no column has a name that DuckDB has for the file or the number of a row. */
function columnsById(
  read: Schema,
  inFile: ReadonlyMap<number, Field>,
  { areNamesOurs }: { readonly areNamesOurs: boolean },
): ColumnSource {
  const nameOf = (field: Field): string => (areNamesOurs ? `field_${field.id}` : field.name)
  const typeInFile = (field: Field): IcebergType =>
    typeof field.type === 'string' ? field.type : (inFile.get(field.id)?.type ?? field.type)
  const columns = read.fields.map(
    (field) =>
      `${field.id}: {name: ${quoteString(nameOf(field))}, type: ${quoteString(columnType(typeInFile(field)))}, default_value: NULL}`,
  )
  return {
    option: `schema = MAP {${columns.join(', ')}}`,
    valueOf: (field) => rebuild(quoteIdentifier(nameOf(field)), typeInFile(field), field.type),
  }
}

function columnsByName(inFile: ReadonlyMap<number, Field>): ColumnSource {
  return {
    option: 'hive_partitioning = false',
    valueOf(field) {
      const written = inFile.get(field.id)
      if (written === undefined) return `CAST(NULL AS ${columnType(field.type)})`
      return rebuild(quoteIdentifier(written.name), written.type, field.type)
    },
  }
}

/** Position deletes name a row by the URI of its file and its number in that: https://iceberg.apache.org/spec/#position-delete-files. A name is never used again, so deletes of one file do no harm to another. */
function notDeleted(deletes: readonly string[], access: Partial<StorageAccess>): string {
  const paths = deletes.map((uri) => quoteString(readablePath(uri, access)))
  const schema = `MAP {2147483546: {name: 'file_path', type: 'VARCHAR', default_value: NULL}, 2147483545: {name: 'pos', type: 'BIGINT', default_value: NULL}}`
  const places = [{ uri: 'file://', folder: '' }, ...(access.mounts ?? [])]
  const localised = places.map(
    ({ uri, folder }) =>
      `WHEN starts_with(file_path, ${quoteString(`${uri}/`)}) THEN ${quoteString(folder)} || substr(file_path, length(${quoteString(uri)}) + 1)`,
  )
  return `NOT EXISTS (SELECT 1 FROM (SELECT CASE ${localised.join(' ')} ELSE file_path END AS path, pos FROM read_parquet([${paths.join(', ')}], schema = ${schema})) AS nacre_deletes WHERE nacre_deletes.path = nacre_rows.filename AND nacre_deletes.pos = nacre_rows.file_row_number)`
}

/** Whether a row lies in the partitions that the plan is limited to. */
function partitionCondition({ partitions, schema }: ScanPlan): string {
  const fields = new Map(knownPartitionFields(partitions!.spec, [schema]).map((field) => [field.name, field]))
  const tuples = partitions!.tuples.map((tuple) => {
    const equalities = Object.entries(tuple).map(([name, value]) => {
      const field = fields.get(name)
      // A column that the snapshot's schema has not is null in every row.
      if (field === undefined) return String(value === null)
      if (field.parsed.kind === 'void') return 'true'
      const type = /^(binary|fixed)/.test(field.type) ? 'VARCHAR' : columnType(field.type)
      const wanted = value === null ? 'NULL' : `CAST(${quoteString(String(value))} AS ${type})`
      return `${partitionSql(field, schema)} IS NOT DISTINCT FROM ${wanted}`
    })
    return `(${['true', ...equalities].join(' AND ')})`
  })
  return tuples.length === 0 ? 'false' : tuples.join(' OR ')
}

/** SQL that turns a value of the type in the file into the type it is read as, members matched by field id. */
function rebuild(value: string, from: IcebergType, to: IcebergType, depth = 0): string {
  if (sameType(from, to)) return value
  const item = `item${depth}`
  const each = (list: string, a: IcebergType, b: IcebergType): string =>
    `list_transform(${list}, lambda ${item}: ${rebuild(item, a, b, depth + 1)})`
  if (typeof from !== 'string' && typeof to !== 'string') {
    if (from.type === 'struct' && to.type === 'struct') {
      const byId = new Map(from.fields.map((field) => [field.id, field]))
      const members = to.fields.map((field) => {
        const before = byId.get(field.id)
        const member =
          before === undefined
            ? `CAST(NULL AS ${columnType(field.type)})`
            : rebuild(`struct_extract(${value}, ${quoteString(before.name)})`, before.type, field.type, depth)
        return `${quoteIdentifier(field.name)} := ${member}`
      })
      return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${members.join(', ')}) END`
    }
    if (from.type === 'list' && to.type === 'list') return each(value, from.element, to.element)
    if (from.type === 'map' && to.type === 'map')
      return `CASE WHEN ${value} IS NULL THEN NULL ELSE map(${each(`map_keys(${value})`, from.key, to.key)}, ${each(`map_values(${value})`, from.value, to.value)}) END`
  }
  return `CAST(${value} AS ${columnType(to)})`
}
