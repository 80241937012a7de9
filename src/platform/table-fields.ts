import { typeText, type Field, type IcebergType, type Schema } from '../tables/index.ts'

/** A field of a table at any depth. */
export interface PlacedField {
  readonly id: number
  readonly name: string
  /** Names from the top, joined by `.`; inside a list `element`, inside a map `key` and `value`. */
  readonly path: string
  /** 0 at the top. */
  readonly depth: number
  /** Null at the top. */
  readonly parentId: number | null
  readonly type: IcebergType
  readonly required: boolean
  readonly doc: string | null
}

/** Every field of a schema by its id, outer ones before inner ones. */
export function placedFields(schema: Schema): ReadonlyMap<number, PlacedField> {
  const placed = new Map<number, PlacedField>()
  const place = (field: Field, parent: PlacedField | null): void => {
    const { id, name, type, required, doc } = field
    const path = parent === null ? name : `${parent.path}.${name}`
    const depth = parent === null ? 0 : parent.depth + 1
    const here = { id, name, path, depth, parentId: parent?.id ?? null, type, required, doc: doc ?? null }
    placed.set(id, here)
    for (const inner of innerFields(type)) place(inner, here)
  }
  for (const field of schema.fields) place(field, null)
  return placed
}

/** What a type holds, as fields. */
function innerFields(type: IcebergType): readonly Field[] {
  if (typeof type === 'string') return []
  switch (type.type) {
    case 'struct':
      return type.fields
    case 'list':
      return [
        {
          id: type['element-id'],
          name: 'element',
          type: type.element,
          required: type['element-required'],
        },
      ]
    case 'map':
      return [
        { id: type['key-id'], name: 'key', type: type.key, required: true },
        { id: type['value-id'], name: 'value', type: type.value, required: type['value-required'] },
      ]
  }
}

/** A type's name; what it holds stands in fields of its own. */
export function outerType(type: IcebergType): string {
  return typeof type === 'string' ? typeText(type) : type.type
}
