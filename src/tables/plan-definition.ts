import { isDeepStrictEqual } from 'node:util'
import { NacreError } from '../base/index.ts'
import { buildFields, columnSpecs, idsAfter, type NextId } from './build-schema.ts'
import type { MetadataUpdate } from './metadata-updates.ts'
import { typedPartitionFields } from './partition-tuples.ts'
import { decimalShape } from './primitive-codec.ts'
import type { Field, IcebergType, PartitionSpec, PrimitiveType, Schema } from './schema.ts'
import type { TableDefinition } from './table-definition.ts'
import {
  currentSchema,
  currentSnapshot,
  currentSpec,
  sortColumns,
  type SortOrder,
  type TableMetadata,
} from './table-metadata.ts'
import { typeText } from './type-text.ts'

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
 * The updates that bring a table to its newer definition; none when it is there already. New columns are added and types
 * widened; a column the definition no longer names stays, as an older version of an app may come back to it.
 * Throws NACRE_CONFLICT naming the column whose change would lose or reinterpret rows.
 */
export function planEvolution(
  definition: TableDefinition,
  metadata: TableMetadata,
): readonly MetadataUpdate[] {
  checkDefinition(definition)
  const schema = currentSchema(metadata)
  const evolved: Schema = { ...schema, fields: evolveFields(definition, metadata) }
  const present = describePartition(currentSpec(metadata))
  const wantedPartition = describePartition(specOf(definition, evolved))
  if (present !== wantedPartition)
    throw refusal(
      definition,
      `is partitioned by ${present}; the definition says ${wantedPartition}`,
      'Keep the partitioning, or define a table of another name.',
    )
  const wanted = propertiesOf(definition)
  const stale = Object.keys(managedProperties(metadata.properties)).filter((key) => !(key in wanted))
  const isNew = Object.entries(wanted).some(([key, value]) => metadata.properties[key] !== value)
  return [
    ...(isDeepStrictEqual(schema, evolved)
      ? []
      : ([
          { action: 'add-schema', schema: evolved },
          { action: 'set-current-schema', 'schema-id': -1 },
        ] as const)),
    ...(isDeepStrictEqual(sortColumns(metadata), definition.spec.sortBy ?? [])
      ? []
      : ([
          { action: 'add-sort-order', 'sort-order': sortOrderOf(definition, evolved) },
          { action: 'set-default-sort-order', 'sort-order-id': -1 },
        ] as const)),
    ...(isNew ? [{ action: 'set-properties', updates: wanted } as const] : []),
    ...(stale.length > 0 ? [{ action: 'remove-properties', removals: stale } as const] : []),
  ]
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
  ]
  for (const [part, names] of named) {
    const unknown = names.find((column) => !columns.some((candidate) => candidate.name === column))
    if (unknown !== undefined)
      throw wrong(
        `${part} names column '${unknown}', which it does not have (${columns.map((column) => column.name).join(', ')})`,
      )
  }
  for (const { column, transform } of spec.partitionBy ?? []) {
    const { type, personal } = columns.find((candidate) => candidate.name === column)!
    if (personal)
      throw wrong(`column '${column}' is personal, and partition values stand in metadata in clear`)
    if (transform === 'day' && !['date', 'timestamp', 'timestamptz'].includes(type as string))
      throw wrong(`dayOf('${column}') needs a date, timestamp or timestamptz column`)
    if (typeof type !== 'string' || /^(float|double|binary|fixed)/.test(type))
      throw wrong(`it cannot be partitioned by column '${column}', whose type does not compare exactly`)
  }
}

/** Iceberg forbids a partition field the name of a column unless it is that column's identity. */
function specOf({ spec }: TableDefinition, schema: Schema): PartitionSpec {
  return {
    'spec-id': 0,
    fields: (spec.partitionBy ?? []).map(({ column, transform }, index) => ({
      'source-id': schema.fields.find((field) => field.name === column)!.id,
      'field-id': 1000 + index,
      name: transform === 'day' ? `${column}_day` : column,
      transform,
    })),
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
    'nacre.team',
    'nacre.owner',
    'nacre.personal',
    'comment',
    ...personal.map((column) => `write.metadata.metrics.column.${column}`),
  ])
  return Object.fromEntries(Object.entries(properties).filter(([key]) => managed.has(key)))
}

function evolveFields(definition: TableDefinition, metadata: TableMetadata): readonly Field[] {
  const { fields } = currentSchema(metadata)
  const columns = columnSpecs(definition.spec)
  const nextId = idsAfter(metadata['last-column-id'])
  const forgotten = fields.find((field) => field.required && !columns.some(({ name }) => name === field.name))
  if (forgotten)
    throw refusal(
      definition,
      `has the required column '${forgotten.name}', which the definition lacks`,
      'A required column cannot be dropped; keep it, with required: false if writers shall leave it out.',
    )
  const kept = fields.map((field) => {
    const column = columns.find(({ name }) => name === field.name)
    if (!column) return field
    if (column.required && !field.required)
      throw refusal(
        definition,
        `may hold null in column '${field.name}', which the definition makes required`,
        'Leave it optional, and check it with checks.notNull in the job that writes it.',
      )
    const [candidate] = buildFields([column], probe())
    const type = widen(field.type, candidate!.type)
    if (type === undefined)
      throw refusal(
        definition,
        `has column '${field.name}' of type ${typeText(field.type)}; the definition says ${typeText(candidate!.type)}`,
        'Types can only widen (int to long, float to double, decimal precision). Add a column of another name.',
      )
    const { doc: _, ...rest } = field
    return {
      ...rest,
      type,
      required: column.required ?? false,
      ...(column.doc === undefined ? {} : { doc: column.doc }),
    }
  })
  const added = columns.filter(({ name }) => !fields.some((field) => field.name === name))
  const impossible = currentSnapshot(metadata) && added.find(({ required }) => required)
  if (impossible)
    throw refusal(
      definition,
      `holds rows already, so the new column '${impossible.name}' cannot be required`,
      'Add it without required.',
    )
  return [...kept, ...buildFields(added, nextId)]
}

/** Ids for a type that is only compared. */
function probe(): NextId {
  return idsAfter(0)
}

/** The wider of two types when every value of the present one keeps its meaning in it; undefined when none does. */
function widen(present: IcebergType, wanted: IcebergType): IcebergType | undefined {
  if (typeText(present) === typeText(wanted)) return present
  if (typeof present !== 'string' || typeof wanted !== 'string') return undefined
  if (present === 'int' && wanted === 'long') return wanted
  if (present === 'float' && wanted === 'double') return wanted
  const [from, to] = [decimalShape(present), decimalShape(wanted)] as const
  return from && to && from.scale === to.scale && from.precision < to.precision
    ? (wanted as PrimitiveType)
    : undefined
}

function describePartition({ fields }: PartitionSpec): string {
  return fields.map(({ name, transform }) => `${name} (${transform})`).join(', ') || 'nothing'
}

function refusal({ name }: TableDefinition, fact: string, remedy: string): NacreError {
  return new NacreError('NACRE_CONFLICT', `Table '${name}' ${fact}. ${remedy}`, { details: { table: name } })
}
