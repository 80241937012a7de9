import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Field, IcebergType, SchemaVersion, TableDetail } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatNoun } from '../format/format-number.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { Icon } from '../parts/icon.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Panel } from '../parts/panel.tsx'
import { RelativeTime } from '../parts/time.tsx'

export function TableColumns({ detail }: { readonly detail: TableDetail }): ReactNode {
  return (
    <>
      <ColumnTable detail={detail} />
      <Panel title="How the columns changed" flush>
        <SchemaHistory name={detail.table.name} />
      </Panel>
    </>
  )
}

function ColumnTable({ detail: { table } }: { readonly detail: TableDetail }): ReactNode {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const toggle = (id: number): void =>
    setOpen((before) => (before.has(id) ? before.difference(new Set([id])) : before.union(new Set([id]))))
  const rows = table.schema.fields.flatMap((field) => shownFields(field, open, 0))
  return (
    <CappedList items={rows} step={200} noun="column">
      {(shown) => (
        <div className="table-frame">
          <table className="list stack columns-table">
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Type</th>
                <th scope="col">Meaning</th>
                <th scope="col" className="right">
                  Id
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ field, depth }) => (
                <tr key={field.id}>
                  <td className="cell-main">
                    <ColumnName field={field} depth={depth} isOpen={open.has(field.id)} onToggle={toggle} />
                    {depth === 0 ? <ColumnMarks field={field} table={table} /> : null}
                  </td>
                  <td data-label="Type">
                    <code>{shortType(field.type)}</code>
                    {field.required ? <span className="soft"> required</span> : null}
                  </td>
                  <td data-label="Meaning" className="soft">
                    {field.doc ?? <span className="none">–</span>}
                  </td>
                  <td data-label="Id" className="right soft number">
                    {field.id}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </CappedList>
  )
}

interface ColumnNameProps {
  readonly field: Field
  readonly depth: number
  readonly isOpen: boolean
  readonly onToggle: (id: number) => void
}

/** Depth is a size that is data: how far a field inside others is set in. */
function ColumnName({ field, depth, isOpen, onToggle }: ColumnNameProps): ReactNode {
  const style = { paddingInlineStart: `${depth * 1.5}rem` }
  if (innerFields(field.type).length === 0)
    return (
      <span className="name column-name" style={style}>
        {field.name}
      </span>
    )
  return (
    <button
      type="button"
      className="name column-name column-toggle"
      style={style}
      aria-expanded={isOpen}
      onClick={() => onToggle(field.id)}
    >
      {field.name}
      <Icon name={isOpen ? 'down' : 'right'} />
    </button>
  )
}

function ColumnMarks({
  field: { id, name },
  table: { key, personal, spec },
}: {
  readonly field: Field
  readonly table: TableDetail['table']
}): ReactNode {
  return (
    <>
      {key.includes(name) ? <span className="tag">key</span> : null}
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
    </>
  )
}

interface ShownField {
  readonly field: Field
  readonly depth: number
}

/** A field, and those inside it as far as they are opened. */
function shownFields(field: Field, open: ReadonlySet<number>, depth: number): readonly ShownField[] {
  const inner = open.has(field.id) ? innerFields(field.type) : []
  return [{ field, depth }, ...inner.flatMap((one) => shownFields(one, open, depth + 1))]
}

/** Structs hold fields, lists an element, maps a key and a value; each is shown as a column of its own. */
function innerFields(type: IcebergType): readonly Field[] {
  if (typeof type === 'string') return []
  switch (type.type) {
    case 'struct':
      return type.fields
    case 'list':
      return [
        { id: type['element-id'], name: 'element', type: type.element, required: type['element-required'] },
      ]
    case 'map':
      return [
        { id: type['key-id'], name: 'key', type: type.key, required: true },
        { id: type['value-id'], name: 'value', type: type.value, required: type['value-required'] },
      ]
  }
}

/** A type at a glance; what a struct holds is shown when it is opened. */
function shortType(type: IcebergType): string {
  if (typeof type === 'string') return type
  switch (type.type) {
    case 'struct':
      return `struct of ${formatNoun(type.fields.length, 'field')}`
    case 'list':
      return `list of ${shortType(type.element)}`
    case 'map':
      return `map of ${shortType(type.key)} to ${shortType(type.value)}`
  }
}

function SchemaHistory({ name }: { readonly name: string }): ReactNode {
  const schemas = useQuery(queries.schemas(name))
  return (
    <Loaded query={schemas}>
      {(versions) => (
        <CappedList items={versions} step={20} noun="version">
          {(shown) => (
            <ol className="timeline">
              {shown.map((version) => (
                <li key={version.schemaId}>
                  <SchemaStep version={version} />
                </li>
              ))}
            </ol>
          )}
        </CappedList>
      )}
    </Loaded>
  )
}

function SchemaStep({ version }: { readonly version: SchemaVersion }): ReactNode {
  const { schemaId, changes, columns, firstUsedAt, isCurrent } = version
  return (
    <>
      <div>
        {changes.length === 0 ? (
          <p>began with {formatNoun(columns, 'column')}</p>
        ) : (
          <ul className="schema-changes">
            {changes.map(({ words, kind }) => (
              <li key={words} className={`schema-${kind}`}>
                {words}
              </li>
            ))}
          </ul>
        )}
      </div>
      <span className="soft">
        {firstUsedAt === null ? (
          'nothing written under it'
        ) : (
          <>
            first used <RelativeTime at={firstUsedAt} />
          </>
        )}
      </span>
      <span className="timeline-id">
        {isCurrent ? <span className="tag tag-accent">current</span> : null} version {schemaId}
      </span>
    </>
  )
}
