import { isDeepStrictEqual } from 'node:util'
import { NacreError, parseDurationMs } from '../../base/index.ts'
import { buildFields, columnSpecs, idsAfter } from './build-schema.ts'
import { evolveFields, refusal } from './evolve-schema.ts'
import type { MetadataUpdate } from '../metadata/metadata-updates.ts'
import { typedPartitionFields } from '../manifests/partition-tuples.ts'
import type { PartitionSpec, Schema } from '../schema/schema.ts'
import type { PartitionBy, TableDefinition } from './table-definition.ts'
import {
  currentSchema,
  currentSnapshot,
  currentSpec,
  type SortOrder,
  type TableMetadata,
} from '../metadata/table-metadata.ts'
import { parseTransform, transformedType } from '../schema/transforms.ts'

/** The updates that make an empty table what its definition says. Throws NACRE_INPUT for a definition that contradicts itself. */
export function planCreation(definition: TableDefinition): readonly MetadataUpdate[] {
  checkDefinition(definition)
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: buildFields(columnSpecs(definition.spec), idsAfter(0)),
  }
  const spec = specOf(definition, schema)
  typedPartitionFields(spec, schema)
  return [
    { action: 'add-schema', schema },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec },
    { action: 'set-default-spec', 'spec-id': -1 },
    { action: 'add-sort-order', 'sort-order': sortOrderOf(definition, schema) },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
    { action: 'set-properties', updates: propertiesOf(definition) },
  ]
}

/**
 * The updates that bring a table to its newer definition; none when it is there already. Columns are added, renamed, put in order,
 * widened, and dropped where the definition says so; a column it no longer names stays, as an older version of an app may come back
 * to it. Files keep the partitioning they were written under. Throws NACRE_CONFLICT naming the column whose change would lose or
 * reinterpret rows.
 */
export function planEvolution(
  definition: TableDefinition,
  metadata: TableMetadata,
): readonly MetadataUpdate[] {
  checkDefinition(definition)
  const { name, spec } = definition
  const schema = currentSchema(metadata)
  const evolved = withoutGoneIdentifiers({
    ...schema,
    fields: evolveFields(
      schema.fields,
      { fields: columnSpecs(spec), dropped: spec.dropped ?? [] },
      {
        table: name,
        hasRows: currentSnapshot(metadata) !== null,
        nextId: idsAfter(metadata['last-column-id']),
      },
    ),
  })
  refuseDroppedPartitions(definition, metadata, evolved)
  const partition = specOf(definition, evolved, metadata['partition-specs'])
  const order = sortOrderOf(definition, evolved)
  const wanted = propertiesOf(definition)
  const stale = Object.keys(managedProperties(metadata.properties)).filter((key) => !(key in wanted))
  const isNew = Object.entries(wanted).some(([key, value]) => metadata.properties[key] !== value)
  const isUnlike = (one: unknown, other: unknown): boolean => !isDeepStrictEqual(one, other)
  const meaningOf = (fields: PartitionSpec['fields']): unknown =>
    fields.map(({ name: field, transform, 'source-id': source }) => ({ field, transform, source }))
  return [
    ...(isUnlike(schema, evolved)
      ? ([
          { action: 'add-schema', schema: evolved },
          { action: 'set-current-schema', 'schema-id': -1 },
        ] as const)
      : []),
    ...(isUnlike(meaningOf(currentSpec(metadata).fields), meaningOf(partition.fields))
      ? ([
          { action: 'add-spec', spec: partition },
          { action: 'set-default-spec', 'spec-id': -1 },
        ] as const)
      : []),
    ...(isUnlike(currentOrder(metadata), order.fields)
      ? ([
          { action: 'add-sort-order', 'sort-order': order },
          { action: 'set-default-sort-order', 'sort-order-id': -1 },
        ] as const)
      : []),
    ...(isNew ? [{ action: 'set-properties', updates: wanted } as const] : []),
    ...(stale.length > 0 ? [{ action: 'remove-properties', removals: stale } as const] : []),
  ]
}

function withoutGoneIdentifiers(schema: Schema): Schema {
  const { 'identifier-field-ids': identifiers, ...rest } = schema
  if (identifiers === undefined) return schema
  const ids = new Set(schema.fields.map(({ id }) => id))
  return { ...rest, 'identifier-field-ids': identifiers.filter((id) => ids.has(id)) }
}

/** A file's partition cannot be understood without the column it is made of. */
function refuseDroppedPartitions(
  definition: TableDefinition,
  metadata: TableMetadata,
  evolved: Schema,
): void {
  const gone = currentSchema(metadata).fields.filter(
    ({ id }) => !evolved.fields.some((field) => field.id === id),
  )
  for (const { id, name } of gone) {
    const fields = metadata['partition-specs'].flatMap((spec) => spec.fields)
    const user = fields.find((field) => field['source-id'] === id && field.transform !== 'void')
    if (user)
      throw refusal(
        definition.name,
        `is, or was, partitioned by '${user.name}' of column '${name}', which the definition drops`,
        'Keep the column.',
      )
  }
}

function currentOrder(metadata: TableMetadata): SortOrder['fields'] {
  const id = metadata['default-sort-order-id']
  return metadata['sort-orders'].find((order) => order['order-id'] === id)?.fields ?? []
}

function checkDefinition({ name, spec }: TableDefinition): void {
  const wrong = (reason: string): NacreError =>
    new NacreError('NACRE_INPUT', `Table '${name}' is defined wrongly: ${reason}.`, {
      details: { table: name },
    })
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(name))
    throw wrong("its name must be 'namespace.name', of letters, digits and _")
  const columns = columnSpecs(spec)
  if (columns.length === 0) throw wrong('it has no columns')
  const seen = new Map<string, string>()
  for (const column of columns) {
    if (!/^[A-Za-z_]\w*$/.test(column.name))
      throw wrong(`column name '${column.name}' must be of letters, digits and _`)
    const lower = column.name.toLowerCase()
    // DuckDB and most engines do not tell upper from lower case.
    if (seen.has(lower)) throw wrong(`columns '${seen.get(lower)}' and '${column.name}' differ in case only`)
    seen.set(lower, column.name)
  }
  const named: readonly (readonly [string, readonly string[]])[] = [
    ['partitionBy', (spec.partitionBy ?? []).map(({ column }) => column)],
    ['key', spec.key ?? []],
    ['sortBy', spec.sortBy ?? []],
    ['subject', spec.subject === undefined ? [] : [spec.subject]],
  ]
  for (const [part, names] of named) {
    const unknown = names.find((column) => !columns.some((candidate) => candidate.name === column))
    if (unknown !== undefined)
      throw wrong(
        `${part} names column '${unknown}', which it does not have (${columns.map((column) => column.name).join(', ')})`,
      )
  }
  const contradiction = spec.dropped?.find((name) => columns.some((column) => column.name === name))
  if (contradiction !== undefined) throw wrong(`it has column '${contradiction}' and drops it`)
  if (spec.freshWithin !== undefined) parseDurationMs(spec.freshWithin, `freshWithin of table '${name}'`)
  for (const { column, transform } of spec.partitionBy ?? []) {
    const { type, personal } = columns.find((candidate) => candidate.name === column)!
    if (personal)
      throw wrong(`column '${column}' is personal, and partition values stand in metadata in clear`)
    const parsed = parseTransform(transform)
    if (typeof type !== 'string' || !parsed || !transformedType(parsed, type))
      throw wrong(
        `it cannot be partitioned by ${transform} of column '${column}' of type ${typeof type === 'string' ? type : Object.keys(type)[0]}`,
      )
    if (/^(float|double|binary|fixed)/.test(type))
      throw wrong(`it cannot be partitioned by column '${column}', whose type does not compare exactly`)
    const field = partitionName({ column, transform })
    if (field !== column && columns.some((candidate) => candidate.name === field))
      throw wrong(`its partition field '${field}' has the name of a column; rename that column`)
  }
}

/** The name that other engines would give it. Iceberg forbids that of a column, unless it is that column's identity. */
function partitionName({ column, transform }: PartitionBy): string {
  if (transform === 'identity') return column
  return `${column}_${transform.replace(/\[.*/, '').replace('truncate', 'trunc')}`
}

/** A field that an earlier spec has keeps its id. */
function specOf(
  { spec }: TableDefinition,
  schema: Schema,
  earlier: readonly PartitionSpec[] = [],
): PartitionSpec {
  const known = earlier.flatMap(({ fields }) => fields)
  let lastId = Math.max(999, ...known.map((field) => field['field-id']))
  return {
    'spec-id': 0,
    fields: (spec.partitionBy ?? []).map(({ column, transform }) => {
      const source = schema.fields.find((field) => field.name === column)!.id
      const same = known.find((field) => field['source-id'] === source && field.transform === transform)
      return {
        'source-id': source,
        'field-id': same?.['field-id'] ?? ++lastId,
        name: partitionName({ column, transform }),
        transform,
      }
    }),
  }
}

function sortOrderOf({ spec }: TableDefinition, schema: Schema): SortOrder {
  return {
    'order-id': -1,
    fields: (spec.sortBy ?? []).map((column) => ({
      transform: 'identity',
      'source-id': schema.fields.find((field) => field.name === column)!.id,
      direction: 'asc',
      'null-order': 'nulls-first',
    })),
  }
}

/** What a definition says beyond schema, partitioning and order, as table properties. */
function propertiesOf({ spec }: TableDefinition): Readonly<Record<string, string>> {
  const personal = columnSpecs(spec).flatMap((column) => (column.personal ? column.name : []))
  return {
    ...(spec.subject === undefined ? {} : { 'nacre.subject': spec.subject }),
    ...(spec.freshWithin === undefined ? {} : { 'nacre.fresh-within': spec.freshWithin }),
    ...(spec.key === undefined ? {} : { 'nacre.key': JSON.stringify(spec.key) }),
    ...(spec.team === undefined ? {} : { 'nacre.team': spec.team }),
    ...(spec.owner === undefined ? {} : { 'nacre.owner': spec.owner }),
    ...(spec.doc === undefined ? {} : { comment: spec.doc }),
    ...(personal.length === 0 ? {} : { 'nacre.personal': JSON.stringify(personal) }),
    ...Object.fromEntries(personal.map((column) => [`write.metadata.metrics.column.${column}`, 'counts'])),
  }
}

/** Those of a table's properties that its definition decides. */
function managedProperties(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const personal = JSON.parse(properties['nacre.personal'] ?? '[]') as string[]
  const managed = new Set([
    'nacre.key',
    'nacre.subject',
    'nacre.fresh-within',
    'nacre.team',
    'nacre.owner',
    'nacre.personal',
    'comment',
    ...personal.map((column) => `write.metadata.metrics.column.${column}`),
  ])
  return Object.fromEntries(Object.entries(properties).filter(([key]) => managed.has(key)))
}
