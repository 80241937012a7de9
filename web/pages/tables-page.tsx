import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useSearchParams } from 'wouter'
import type { BrokenTable, TableList, TableListing } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { describeLateness } from '../format/describe-table.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { CappedList } from '../parts/capped-list.tsx'
import { Freshness } from '../parts/freshness.tsx'
import { TableLink } from '../parts/job-link.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty, ErrorBox } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { SortHeader } from '../parts/sort-header.tsx'
import { TableMarks } from '../parts/table-marks.tsx'

export default function TablesPage(): ReactNode {
  const list = useQuery(queries.tables())
  const [search, setSearch] = useState('')
  return (
    <Page
      title="Tables"
      lead={list.data === undefined ? null : summaryOf(list.data, Date.now())}
      actions={<SearchBox label="Table, column or owner" value={search} onChange={setSearch} />}
    >
      <Loaded query={list}>
        {({ tables, broken }) => (
          <>
            {broken.length === 0 ? null : <BrokenTables broken={broken} />}
            <Tables all={tables} search={search.trim().toLowerCase()} hasBroken={broken.length > 0} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

function summaryOf({ tables }: TableList, now: number): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const bytes = tables.reduce((sum, table) => sum + (table.sizeBytes ?? 0), 0)
  const late = tables.filter(({ freshUntil }) => describeLateness(freshUntil, now) !== null).length
  const size = `${formatNoun(tables.length, 'table')}, ${formatNoun(rows, 'row')}, ${formatBytes(bytes)}`
  return late === 0 ? `${size}.` : `${size}; ${formatCount(late)} late.`
}

function BrokenTables({ broken }: { readonly broken: readonly BrokenTable[] }): ReactNode {
  return broken.map(({ name, metadataLocation, problem }) => (
    <ErrorBox
      key={name}
      title={`${name} cannot be read`}
      message={`${problem}\nIts metadata file is ${metadataLocation}. Restore it from a backup; the other tables are not touched by this.`}
    />
  ))
}

const orders = {
  name: (one, other) => one.name.localeCompare(other.name),
  rows: (one, other) => other.rows - one.rows,
  size: (one, other) => (other.sizeBytes ?? -1) - (one.sizeBytes ?? -1),
  files: (one, other) => other.files - one.files,
  fresh: (one, other) => (other.changed?.committedAt ?? '').localeCompare(one.changed?.committedAt ?? ''),
} satisfies Record<string, (one: TableListing, other: TableListing) => number>

type Order = keyof typeof orders

function Tables({
  all,
  search,
  hasBroken,
}: {
  readonly all: readonly TableListing[]
  readonly search: string
  readonly hasBroken: boolean
}): ReactNode {
  const [parameters, setParameters] = useSearchParams()
  const asked = parameters.get('sort') ?? 'name'
  const order = asked in orders ? (asked as Order) : 'name'
  if (all.length === 0) {
    return hasBroken ? null : (
      <Empty icon="tables" title="No table exists">
        <p>
          Tables are made when an app that declares them is deployed: <code>nacre deploy</code>. Engines make
          them through the Iceberg REST catalog.
        </p>
      </Empty>
    )
  }
  const found = all.filter((table) => textsOf(table).some((text) => text.toLowerCase().includes(search)))
  if (found.length === 0)
    return <p className="quiet">No table, column or owner has “{search}” in its name.</p>
  const header = { sorted: order, onSort: (key: Order) => setParameters(key === 'name' ? {} : { sort: key }) }
  return (
    <CappedList items={found.toSorted(orders[order])} step={100} noun="table">
      {(shown) => (
        <div className="table-frame">
          <table className="list stack even tables">
            <thead>
              <tr>
                <SortHeader {...header} name="Table" sortKey="name" direction="ascending" isRight={false} />
                <th scope="col">Owner</th>
                <SortHeader {...header} name="Rows" sortKey="rows" />
                <SortHeader {...header} name="Size" sortKey="size" />
                <SortHeader {...header} name="Files" sortKey="files" />
                <SortHeader {...header} name="Fresh" sortKey="fresh" />
              </tr>
            </thead>
            {order === 'name' ? (
              [...Map.groupBy(shown, namespaceOf)].map(([namespace, tables]) => (
                <tbody key={namespace}>
                  <tr className="group">
                    <th scope="rowgroup" colSpan={6}>
                      {namespace} <span className="soft group-count">{formatCount(tables.length)}</span>
                    </th>
                  </tr>
                  <TableRows tables={tables} />
                </tbody>
              ))
            ) : (
              <tbody>
                <TableRows tables={shown} />
              </tbody>
            )}
          </table>
        </div>
      )}
    </CappedList>
  )
}

function textsOf({ name, owner, team, schema }: TableListing): readonly string[] {
  return [name, owner ?? '', team ?? '', ...schema.fields.map((field) => field.name)]
}

function namespaceOf({ name }: TableListing): string {
  return name.slice(0, name.lastIndexOf('.'))
}

/** Owners are often e-mail addresses; the end of a long one shows on hover. */
function Owner({ name }: { readonly name: string | null }): ReactNode {
  if (name === null) return <span className="none">–</span>
  return (
    <span className="owner" title={name}>
      {name}
    </span>
  )
}

function TableRows({ tables }: { readonly tables: readonly TableListing[] }): ReactNode {
  return tables.map((table) => (
    <tr key={table.name}>
      <td className="cell-main">
        <TableLink name={table.name} />
        <TableMarks table={table} />
        {table.doc === null ? null : <p className="soft clamp">{table.doc}</p>}
      </td>
      <td data-label="Owner" className="soft">
        <Owner name={table.owner ?? table.team} />
      </td>
      <td data-label="Rows" className="right number">
        {formatCount(table.rows)}
      </td>
      <td data-label="Size" className="right number">
        {table.sizeBytes === null ? '–' : formatBytes(table.sizeBytes)}
      </td>
      <td data-label="Files" className="right number">
        {formatCount(table.files)}
      </td>
      <td data-label="Fresh" className="right soft">
        <Freshness table={table} />
      </td>
    </tr>
  ))
}
