import { isDeepStrictEqual } from 'node:util'
import type { Draft } from './metadata-updates.ts'
import type { UnboundSpec } from '../schema/parse-schema.ts'
import type { PartitionSpecField, Schema } from '../schema/schema.ts'
import { fieldIdsOf } from '../schema/schema-fields.ts'
import type { SortOrder, TableMetadata } from './table-metadata.ts'
import { refuse } from './refuse.ts'

/** Adds a schema under the next id; one of the same content is the one there already. */
export function addSchema(draft: Draft, schema: Schema): Draft {
  const { metadata } = draft
  const known = metadata.schemas.find((other) => isDeepStrictEqual(contentOf(other), contentOf(schema)))
  if (known) return { ...draft, lastSchemaId: known['schema-id'] }
  const id = 1 + Math.max(-1, ...metadata.schemas.map((other) => other['schema-id']))
  return {
    ...draft,
    lastSchemaId: id,
    metadata: {
      ...metadata,
      schemas: [...metadata.schemas, { ...schema, 'schema-id': id }],
      'last-column-id': Math.max(metadata['last-column-id'], ...fieldIdsOf(schema)),
    },
  }
}

function contentOf({ fields, 'identifier-field-ids': identifiers = [] }: Schema): unknown {
  return { fields, identifiers: identifiers.toSorted((one, other) => one - other) }
}

/**
 * Adds a partition spec under the next id; one of the same fields is the one there already. A field without an id takes that of
 * the same source and transform in any spec, or the next one.
 */
export function addSpec(draft: Draft, spec: UnboundSpec): Draft {
  const { metadata } = draft
  const earlier = metadata['partition-specs'].flatMap(({ fields }) => fields)
  let lastId = metadata['last-partition-id']
  const fields = spec.fields.map((field): PartitionSpecField => {
    const same = earlier.find(
      (other) => other['source-id'] === field['source-id'] && other.transform === field.transform,
    )
    const id = field['field-id'] ?? same?.['field-id'] ?? ++lastId
    lastId = Math.max(lastId, id)
    const clash = earlier.find((other) => other['field-id'] === id)
    if (clash && clash['source-id'] !== field['source-id'])
      refuse(
        `Partition field '${field.name}' has id ${id}, which belongs to '${clash.name}' of column ${clash['source-id']}. Give it an id above ${metadata['last-partition-id']}, or none.`,
      )
    return { 'source-id': field['source-id'], 'field-id': id, name: field.name, transform: field.transform }
  })
  const ids = new Set(fields.map((field) => field['field-id']))
  if (ids.size < fields.length)
    refuse(`The partition spec gives one field id to two fields: ${[...ids].join(', ')}.`)
  const known = metadata['partition-specs'].find((other) =>
    isDeepStrictEqual(other.fields.map(meaningOf), fields.map(meaningOf)),
  )
  if (known) return { ...draft, lastSpecId: known['spec-id'] }
  const id = 1 + Math.max(-1, ...metadata['partition-specs'].map((other) => other['spec-id']))
  return {
    ...draft,
    lastSpecId: id,
    metadata: {
      ...metadata,
      'partition-specs': [...metadata['partition-specs'], { 'spec-id': id, fields }],
      'last-partition-id': lastId,
    },
  }
}

function meaningOf({ name, transform, 'source-id': source }: PartitionSpecField): unknown {
  return { name, transform, source }
}

/** Adds a sort order under the next id; one of the same fields is the one there already. */
export function addSortOrder(draft: Draft, { fields }: SortOrder): Draft {
  const { metadata } = draft
  const orders = metadata['sort-orders']
  const known = orders.find((order) => isDeepStrictEqual(order.fields, fields))
  if (known) return { ...draft, lastSortOrderId: known['order-id'] }
  // Order 0 is the unsorted one, by the specification.
  const id = fields.length === 0 ? 0 : 1 + Math.max(0, ...orders.map((order) => order['order-id']))
  return {
    ...draft,
    lastSortOrderId: id,
    metadata: { ...metadata, 'sort-orders': [...orders, { 'order-id': id, fields }] },
  }
}

/** Removes specs that no file was written under, which is the caller's to know. */
export function removeSpecs(metadata: TableMetadata, ids: readonly number[]): Partial<TableMetadata> {
  if (ids.includes(metadata['default-spec-id']))
    refuse(`Partition spec ${metadata['default-spec-id']} is the table's default and cannot be removed.`)
  return { 'partition-specs': metadata['partition-specs'].filter((spec) => !ids.includes(spec['spec-id'])) }
}

/** Removes schemas that no snapshot was written under. */
export function removeSchemas(metadata: TableMetadata, ids: readonly number[]): Partial<TableMetadata> {
  if (ids.includes(metadata['current-schema-id']))
    refuse(`Schema ${metadata['current-schema-id']} is the table's current one and cannot be removed.`)
  const user = metadata.snapshots.find(({ 'schema-id': id }) => id !== undefined && ids.includes(id))
  if (user)
    refuse(
      `Schema ${user['schema-id']} is that of snapshot ${user['snapshot-id']} and cannot be removed before it.`,
    )
  return { schemas: metadata.schemas.filter((schema) => !ids.includes(schema['schema-id'])) }
}

/** The id meant: -1 is the last one added by the same commit. Throws NACRE_INPUT for one the table does not have. */
export function resolveId(
  what: string,
  id: number,
  lastAdded: number | undefined,
  ids: readonly number[],
): number {
  const resolved = id === -1 ? lastAdded : id
  if (resolved !== undefined && ids.includes(resolved)) return resolved
  return refuse(
    id === -1
      ? `The update sets the last added ${what}, but the commit adds none.`
      : `The update sets ${what} ${id}, which the table does not have (${ids.join(', ') || 'it has none'}).`,
  )
}
