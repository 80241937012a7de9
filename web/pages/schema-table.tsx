import type { ReactNode } from 'react'
import type { IcebergType, TableInfo } from '../../src/server/contract.ts'
import { Icon } from '../parts/icon.tsx'

/** The columns with what is known of each. */
export function SchemaTable({ table }: { readonly table: TableInfo }): ReactNode {
  const { schema, spec, properties } = table
  const personal = columnsIn(properties['nacre.personal'])
  const keys = columnsIn(properties['nacre.key'])
  return (
    <table className="list stack">
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col">Type</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        {schema.fields.map(({ id, name, type, required, doc }) => (
          <tr key={id}>
            <td className="cell-main">
              <span className="name">{name}</span>
              {keys.includes(name) ? <span className="tag">key</span> : null}
              {spec.fields
                .filter((field) => field['source-id'] === id)
                .map(({ transform }) => (
                  <span key={transform} className="tag tag-accent">
                    {transform === 'identity' ? 'partition' : `partition by ${transform}`}
                  </span>
                ))}
              {personal.includes(name) ? (
                <span className="tag tag-warn">
                  <Icon name="lock" /> personal
                </span>
              ) : null}
            </td>
            <td data-label="Type">
              <code>{showType(type)}</code>
              {required ? <span className="soft"> required</span> : null}
            </td>
            <td data-label="Meaning" className={doc === undefined ? 'soft' : undefined}>
              {doc ?? '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Table properties that name columns hold them as JSON. */
function columnsIn(property: string | undefined): readonly string[] {
  return JSON.parse(property ?? '[]') as string[]
}

function showType(type: IcebergType): string {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'list':
      return `list<${showType(type.element)}>`
    case 'map':
      return `map<${showType(type.key)}, ${showType(type.value)}>`
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${showType(field.type)}`).join(', ')}>`
  }
}
