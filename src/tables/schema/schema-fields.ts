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
  /** Names from the column down to the field. */
  readonly path: readonly string[]
}

/** The leaves of a schema by field id. */
export function leafFieldsOf(schema: StructType): ReadonlyMap<number, LeafField> {
  const leaves = new Map<number, LeafField>()
  const visit = (field: Field, above: readonly string[]): void => {
    const path = [...above, field.name]
    if (typeof field.type === 'string') leaves.set(field.id, { field, column: path[0]!, path })
    else if (field.type.type === 'struct') for (const inner of field.type.fields) visit(inner, path)
  }
  for (const field of schema.fields) visit(field, [])
  return leaves
}

/** Every field of a schema by id, lists' and maps' inner ones included, with its dotted path. */
export interface PlacedField {
  readonly path: string
  readonly type: IcebergType
  readonly required: boolean
  /** Id of the field it lies in; undefined at the top. */
  readonly parent: number | undefined
}

export function placedFieldsOf(schema: StructType): ReadonlyMap<number, PlacedField> {
  const placed = new Map<number, PlacedField>()
  const place = (id: number, field: PlacedField): void => {
    placed.set(id, field)
    descend(field.type, id, `${field.path}.`)
  }
  const descend = (type: IcebergType, parent: number | undefined, prefix: string): void => {
    if (typeof type === 'string') return
    switch (type.type) {
      case 'struct':
        for (const { id, name, type: inner, required } of type.fields)
          place(id, { path: `${prefix}${name}`, type: inner, required, parent })
        return
      case 'list':
        return place(type['element-id'], {
          path: `${prefix}element`,
          type: type.element,
          required: type['element-required'],
          parent,
        })
      case 'map':
        place(type['key-id'], { path: `${prefix}key`, type: type.key, required: true, parent })
        return place(type['value-id'], {
          path: `${prefix}value`,
          type: type.value,
          required: type['value-required'],
          parent,
        })
    }
  }
  descend(schema, undefined, '')
  return placed
}
