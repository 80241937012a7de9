import type { IcebergType } from './schema.ts'

/** A type as people read it: `long`, `list<string>`, `map<string, int>`, `struct<a: int, b: date>`. */
export function typeText(type: IcebergType): string {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${typeText(field.type)}`).join(', ')}>`
    case 'list':
      return `list<${typeText(type.element)}>`
    case 'map':
      return `map<${typeText(type.key)}, ${typeText(type.value)}>`
  }
}
