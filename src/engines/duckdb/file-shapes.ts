import { quoteString } from '../../sql/index.ts'
import type { StorageAccess } from '../../storage/index.ts'
import type { Field, IcebergType, PrimitiveType, ScanPlan, Schema } from '../../tables/index.ts'
import type { Duckdb } from './duckdb.ts'
import { readablePath } from './file-access.ts'

/** The columns that a Parquet file holds, under the names they have in it. */
export interface FileShape {
  readonly schema: Schema
  /** Without ids in the file, ids come of the table's name mapping, and columns are read by name. */
  readonly hasIds: boolean
}

/** Names that files without ids have for fields: https://iceberg.apache.org/spec/#name-mapping-serialization. */
interface MappedName {
  readonly 'field-id'?: number
  readonly names: readonly string[]
  readonly fields?: readonly MappedName[]
}

/** Reads from the footers of a plan's files what they hold, by path. Files alike share one shape. */
export async function readFileShapes(
  duckdb: Duckdb,
  plan: ScanPlan,
  access: Partial<StorageAccess>,
): Promise<ReadonlyMap<string, FileShape>> {
  const paths = new Map(plan.files.map(({ path }) => [readablePath(path, access), path]))
  const list = [...paths.keys()].map(quoteString).join(', ')
  const rows = (await duckdb.all(
    `SELECT file_name, list([name, CAST(num_children AS VARCHAR), CAST(field_id AS VARCHAR), duckdb_type, concat_ws(' ', converted_type, logical_type)] ORDER BY column_id) AS nodes
     FROM parquet_schema([${list}]) GROUP BY file_name`,
  )) as unknown as readonly { file_name: string; nodes: readonly (readonly (string | null)[])[] }[]
  const mapping =
    plan.nameMapping === undefined ? [] : (JSON.parse(plan.nameMapping) as readonly MappedName[])
  const shapes = new Map<string, FileShape>()
  return new Map(
    rows.map(({ file_name: name, nodes }) => {
      const key = JSON.stringify(nodes)
      const shape = shapes.get(key) ?? shapeOf(nodes, mapping)
      shapes.set(key, shape)
      return [paths.get(name)!, shape]
    }),
  )
}

/** A field as the footer tells of it. */
interface Node {
  readonly name: string
  readonly id: number | undefined
  readonly duckdbType: string | null
  readonly annotation: string
  readonly children: readonly Node[]
}

function shapeOf(nodes: readonly (readonly (string | null)[])[], mapping: readonly MappedName[]): FileShape {
  let next = 0
  const read = (): Node => {
    const [name, children, id, duckdbType, annotation] = nodes[next++]!
    return {
      name: name!,
      id: id == null ? undefined : Number(id),
      duckdbType: duckdbType ?? null,
      annotation: annotation ?? '',
      children: Array.from({ length: Number(children ?? 0) }, read),
    }
  }
  const root = read()
  const hasIds = nodes.some(([, , id]) => id != null)
  // What has no id is found by nobody.
  let unnamed = 0
  const fieldOf = (node: Node, names: readonly MappedName[], name = node.name): Field => {
    const mapped = hasIds ? undefined : names.find((entry) => entry.names.includes(name))
    const id = node.id ?? mapped?.['field-id'] ?? --unnamed
    return { id, name: node.name, required: false, type: typeOf(node, mapped?.fields ?? []) }
  }
  const typeOf = (node: Node, names: readonly MappedName[]): IcebergType => {
    const [inner] = node.children
    if (inner === undefined) return primitiveOf(node.duckdbType)
    if (/\bLIST\b|ListType/.test(node.annotation)) {
      // Old writers repeat the element itself, without a group around it.
      const isGroup =
        inner.children.length === 1 && inner.name !== 'array' && inner.name !== `${node.name}_tuple`
      const element = fieldOf(isGroup ? inner.children[0]! : inner, names, 'element')
      return { type: 'list', 'element-id': element.id, element: element.type, 'element-required': false }
    }
    if (/\bMAP|MapType/.test(node.annotation)) {
      const key = fieldOf(inner.children[0]!, names, 'key')
      const value = fieldOf(inner.children[1]!, names, 'value')
      return {
        type: 'map',
        'key-id': key.id,
        key: key.type,
        'value-id': value.id,
        value: value.type,
        'value-required': false,
      }
    }
    return { type: 'struct', fields: node.children.map((child) => fieldOf(child, names)) }
  }
  const fields = root.children.map((node) => fieldOf(node, mapping))
  return { schema: { type: 'struct', 'schema-id': -1, fields }, hasIds }
}

const primitives: Readonly<Record<string, PrimitiveType>> = {
  BOOLEAN: 'boolean',
  INTEGER: 'int',
  BIGINT: 'long',
  FLOAT: 'float',
  DOUBLE: 'double',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  UUID: 'uuid',
  BLOB: 'binary',
}

/** Types that Iceberg lacks are read as text, and cast to what the table has. */
function primitiveOf(duckdbType: string | null): PrimitiveType {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(duckdbType ?? '')
  if (decimal) return `decimal(${Number(decimal[1])},${Number(decimal[2])})`
  return primitives[duckdbType ?? ''] ?? 'string'
}
