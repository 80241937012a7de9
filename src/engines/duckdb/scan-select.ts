import { NacreError } from '../../base/index.ts'
import { quoteIdentifier, quoteString } from '../../sql/index.ts'
import type { StorageAccess } from '../../storage/index.ts'
import type { Field, IcebergType, ScanFile, ScanPlan, Schema } from '../../tables/index.ts'
import { columnType } from './column-type.ts'
import { readablePath } from './file-access.ts'

/**
 * The SELECT that reads a pinned snapshot, columns resolved by field id and typed as the plan's schema.
 * DuckDB resolves ids of top-level columns only, so files whose nested columns have another shape are read under their
 * own schema and rebuilt.
 */
export function scanSelect(plan: ScanPlan, access: Partial<StorageAccess> = {}): string {
  if (plan.files.length === 0) return emptySelect(plan.schema)
  const shapes = new Map(plan.fileSchemas.map((schema) => [schema['schema-id'], schema]))
  const groups = Map.groupBy(plan.files, ({ schemaId }) => {
    const written = shapes.get(schemaId)
    if (written === undefined && schemaId !== plan.schema['schema-id'])
      throw new NacreError(
        'NACRE_CORRUPT',
        `${plan.table}: a file was written under schema ${schemaId}, which the plan does not hold.`,
      )
    return written === undefined || sameNested(written, plan.schema) ? plan.schema : written
  })
  return [...groups]
    .map(([written, files]) => groupSelect(files, written, plan.schema, access))
    .join('\nUNION ALL BY NAME\n')
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

function groupSelect(
  files: readonly ScanFile[],
  written: Schema,
  read: Schema,
  access: Partial<StorageAccess>,
): string {
  const paths = files.map((file) => quoteString(readablePath(file.path, access)))
  const byId = new Map(written.fields.map((field) => [field.id, field]))
  const typeInFile = (field: Field): IcebergType => {
    const before = byId.get(field.id)
    return before === undefined || typeof field.type === 'string' ? field.type : before.type
  }
  const schema = read.fields.map(
    (field) =>
      `${field.id}: {name: ${quoteString(field.name)}, type: ${quoteString(columnType(typeInFile(field)))}, default_value: NULL}`,
  )
  const columns = read.fields.map(
    (field) =>
      `${rebuild(quoteIdentifier(field.name), typeInFile(field), field.type)} AS ${quoteIdentifier(field.name)}`,
  )
  return `SELECT ${columns.join(', ')} FROM read_parquet([${paths.join(', ')}], schema = MAP {${schema.join(', ')}})`
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
