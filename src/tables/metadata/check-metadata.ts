import { refuse } from './refuse.ts'
import { placedFieldsOf } from '../schema/schema-fields.ts'
import type { TableMetadata } from './table-metadata.ts'

/** Throws NACRE_INPUT naming the first part of a table's metadata that names another which is not there. */
export function checkMetadata(metadata: TableMetadata): void {
  const schema = metadata.schemas.find(
    (candidate) => candidate['schema-id'] === metadata['current-schema-id'],
  )
  if (!schema) return refuse('The table would have no current schema. Add one and set it.')
  const spec = metadata['partition-specs'].find(
    (candidate) => candidate['spec-id'] === metadata['default-spec-id'],
  )
  if (!spec)
    return refuse(
      'The table would have no default partition spec. Add one, without fields for none, and set it.',
    )
  const order = metadata['sort-orders'].find(
    (candidate) => candidate['order-id'] === metadata['default-sort-order-id'],
  )
  if (!order)
    return refuse('The table would have no default sort order. Add one, without fields for none, and set it.')
  const columns = placedFieldsOf(schema)
  for (const field of spec.fields)
    if (field.transform !== 'void' && !columns.has(field['source-id']))
      refuse(
        `Partition field '${field.name}' has source ${field['source-id']}, which is no field of the current schema.`,
      )
  for (const field of order.fields)
    if (!columns.has(field['source-id']))
      refuse(`The sort order has source ${field['source-id']}, which is no field of the current schema.`)
  for (const field of spec.fields) {
    const column = schema.fields.find(({ name }) => name === field.name)
    if (column && column.id !== field['source-id'])
      refuse(
        `Partition field '${field.name}' has the name of a column but is made of '${columns.get(field['source-id'])?.path}'. Name it otherwise.`,
      )
  }
  const snapshots = new Set(metadata.snapshots.map((snapshot) => snapshot['snapshot-id']))
  for (const [name, ref] of Object.entries(metadata.refs))
    if (!snapshots.has(ref['snapshot-id']))
      refuse(
        `Snapshot ${ref['snapshot-id']} cannot go: ${ref.type} '${name}' names it. Remove the ${ref.type} first.`,
      )
}
