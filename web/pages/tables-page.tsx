import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { TableInfo } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { TableLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { RelativeTime } from '../parts/time.tsx'

export default function TablesPage(): ReactNode {
  const tables = useQuery(queries.tables())
  const [search, setSearch] = useState('')
  return (
    <Page
      title="Tables"
      lead={tables.data === undefined ? null : summaryOf(tables.data)}
      actions={<SearchBox label="Table or column" value={search} onChange={setSearch} />}
    >
      <Loaded query={tables}>{(all) => <TableGroups all={all} search={search.toLowerCase()} />}</Loaded>
    </Page>
  )
}

function summaryOf(tables: readonly TableInfo[]): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const bytes = tables.reduce((sum, table) => sum + table.sizeBytes, 0)
  return `${formatNoun(tables.length, 'table')}, ${formatNoun(rows, 'row')}, ${formatBytes(bytes)}.`
}

function TableGroups({
  all,
  search,
}: {
  readonly all: readonly TableInfo[]
  readonly search: string
}): ReactNode {
  if (all.length === 0) {
    return (
      <Empty icon="tables" title="No table exists">
        <p>
          Tables are made when an app that declares them is deployed: <code>nacre deploy</code>.
        </p>
      </Empty>
    )
  }
  const found = all.filter(({ name, schema }) =>
    [name, ...schema.fields.map((field) => field.name)].some((text) => text.includes(search)),
  )
  if (found.length === 0) return <p className="quiet">No table or column has “{search}” in its name.</p>
  return (
    <CappedList
      items={found.toSorted((left, right) => left.name.localeCompare(right.name))}
      step={100}
      noun="table"
    >
      {(shown) => (
        <div className="table-frame">
          <table className="list stack even">
            <thead>
              <tr>
                <th scope="col">Table</th>
                <th scope="col" className="right">
                  Rows
                </th>
                <th scope="col" className="right">
                  Size
                </th>
                <th scope="col" className="right">
                  Files
                </th>
                <th scope="col" className="right">
                  Fresh
                </th>
              </tr>
            </thead>
            {[...Map.groupBy(shown, namespaceOf)].map(([namespace, tables]) => (
              <tbody key={namespace}>
                <tr className="group">
                  <th scope="rowgroup" colSpan={5}>
                    {namespace}
                  </th>
                </tr>
                {tables.map((table) => (
                  <TableRow key={table.name} table={table} />
                ))}
              </tbody>
            ))}
          </table>
        </div>
      )}
    </CappedList>
  )
}

function namespaceOf({ name }: TableInfo): string {
  return name.slice(0, name.lastIndexOf('.'))
}

function TableRow({ table }: { readonly table: TableInfo }): ReactNode {
  const { name, rows, sizeBytes, files, current, properties } = table
  return (
    <tr>
      <td className="cell-main">
        <TableLink name={name} />
        {properties['comment'] === undefined ? null : <p className="soft clamp">{properties['comment']}</p>}
      </td>
      <td data-label="Rows" className="right number">
        {formatCount(rows)}
      </td>
      <td data-label="Size" className="right number">
        {formatBytes(sizeBytes)}
      </td>
      <td data-label="Files" className="right number">
        {formatCount(files)}
      </td>
      <td data-label="Fresh" className="right soft">
        {current === null ? 'empty' : <RelativeTime at={current.committedAt} />}
      </td>
    </tr>
  )
}
