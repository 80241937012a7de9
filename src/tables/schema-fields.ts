import type { Field, IcebergType, StructType } from './schema.ts'

/** Every field id below a type, lists' and maps' inner ones included. */
export function fieldIdsOf(type: IcebergType): readonly number[] {
  if (typeof type === 'string') return []
  switch (type.type) {
    case 'struct':
      return type.fields.flatMap((field) => [field.id, ...fieldIdsOf(field.type)])
    case 'list':
      return [type['element-id'], ...fieldIdsOf(type.element)]
    case 'map':
      return [type['key-id'], type['value-id'], ...fieldIdsOf(type.key), ...fieldIdsOf(type.value)]
  }
}

/** A primitive column that may have statistics: it lies in structs only, not in a list or map. */
export interface LeafField {
  readonly field: Field
  /** Name of the top-level column it lies in. */
  readonly column: string
}

/** The leaves of a schema by field id. */
export function leafFieldsOf(schema: StructType): ReadonlyMap<number, LeafField> {
  const leaves = new Map<number, LeafField>()
  const visit = (field: Field, column: string): void => {
    if (typeof field.type === 'string') leaves.set(field.id, { field, column })
    else if (field.type.type === 'struct') for (const inner of field.type.fields) visit(inner, column)
  }
  for (const field of schema.fields) visit(field, field.name)
  return leaves
}
