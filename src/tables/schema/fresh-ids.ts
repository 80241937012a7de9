import { refuse } from '../metadata/refuse.ts'
import type { Field, IcebergType, PartitionSpec, Schema } from './schema.ts'
import type { UnboundSpec } from './parse-schema.ts'
import type { SortOrder } from '../metadata/table-metadata.ts'

/** A table's parts with ids of the catalog's choice. */
export interface FreshParts {
  readonly schema: Schema
  readonly spec: PartitionSpec
  readonly sortOrder: SortOrder
}

/**
 * Gives the ids of a new table: field ids from 1, those of one level first, then those inside them, as Iceberg's own catalogs
 * do; partition field ids from 1000. Throws NACRE_INPUT for a source that the schema lacks.
 */
export function withFreshIds(sent: {
  schema: Schema
  spec?: UnboundSpec | undefined
  sortOrder?: SortOrder | undefined
}): FreshParts {
  const fresh = new Map<number, number>()
  const next = (id: number): number => {
    fresh.set(id, fresh.size + 1)
    return fresh.size
  }
  const fields = freshFields(sent.schema.fields, next)
  const freshOf = (what: string, id: number): number =>
    fresh.get(id) ?? refuse(`${what} has source ${id}, which is no field of the schema.`)
  const identifiers = sent.schema['identifier-field-ids']?.map((id) => freshOf('The identifier', id))
  return {
    schema: {
      type: 'struct',
      'schema-id': 0,
      fields,
      ...(identifiers && { 'identifier-field-ids': identifiers }),
    },
    spec: {
      'spec-id': 0,
      fields: (sent.spec?.fields ?? []).map((field, index) => ({
        'source-id': freshOf(`Partition field '${field.name}'`, field['source-id']),
        'field-id': 1000 + index,
        name: field.name,
        transform: field.transform,
      })),
    },
    sortOrder: {
      'order-id': -1,
      fields: (sent.sortOrder?.fields ?? []).map((field) => ({
        ...field,
        'source-id': freshOf('The sort order', field['source-id']),
      })),
    },
  }
}

type NextId = (id: number) => number

function freshFields(fields: readonly Field[], next: NextId): readonly Field[] {
  const ids = fields.map(({ id }) => next(id))
  return fields.map((field, index) => ({ ...field, id: ids[index]!, type: freshType(field.type, next) }))
}

function freshType(type: IcebergType, next: NextId): IcebergType {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'struct':
      return { ...type, fields: freshFields(type.fields, next) }
    case 'list':
      return { ...type, 'element-id': next(type['element-id']), element: freshType(type.element, next) }
    case 'map': {
      const keyId = next(type['key-id'])
      const valueId = next(type['value-id'])
      return {
        ...type,
        'key-id': keyId,
        key: freshType(type.key, next),
        'value-id': valueId,
        value: freshType(type.value, next),
      }
    }
  }
}
