import { useQuery } from '@tanstack/react-query'
import { Fragment, type ReactNode, useState } from 'react'
import type {
  PartitionFiles,
  PartitionOrder,
  PartitionPage,
  TableListing,
} from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatBytes, formatCount, formatNoun } from '../format/format-number.ts'
import { Icon } from '../parts/icon.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { ShowMore } from '../parts/show-more.tsx'
import { SortHeader } from '../parts/sort-header.tsx'
import { TableMaintenance } from './table-maintenance.tsx'

const partitionStep = 25
const fileStep = 20

export function TableFiles({ table }: { readonly table: TableListing }): ReactNode {
  const [order, setOrder] = useState<PartitionOrder>('partition')
  const [limit, setLimit] = useState(partitionStep)
  const partitions = useQuery(queries.partitions(table.name, order, limit))
  return (
    <div className="columns columns-facts">
      <div className="column">
        <Loaded query={partitions}>
          {(page) =>
            page.total === 0 ? (
              <Empty icon="tables" title="The table has no files">
                <p>They come with the first commit that holds rows.</p>
              </Empty>
            ) : (
              <>
                {page.fragmented === 0 ? null : <SmallFiles page={page} />}
                <div className="table-frame">
                  <PartitionTable name={table.name} page={page} order={order} onOrder={setOrder} />
                  {page.partitions.length >= page.total ? null : (
                    <ShowMore
                      shown={page.partitions.length}
                      total={page.total}
                      step={partitionStep * 4}
                      noun="partition"
                      isBusy={partitions.isPlaceholderData}
                      onMore={() => setLimit(limit + partitionStep * 4)}
                    />
                  )}
                </div>
              </>
            )
          }
        </Loaded>
      </div>
      <div className="column">
        <TableMaintenance name={table.name} />
      </div>
    </div>
  )
}

function SmallFiles({ page }: { readonly page: PartitionPage }): ReactNode {
  return (
    <p className="note note-warn">
      <Icon name="warning" />
      <span>
        {page.total === 1
          ? 'The table has many small files'
          : `${formatCount(page.fragmented)} of ${formatNoun(page.total, 'partition')} ${page.fragmented === 1 ? 'has' : 'have'} many small files`}
        , which slow reading down. Compaction rewrites them into files of about{' '}
        {formatBytes(page.targetBytes)}.
      </span>
    </p>
  )
}

interface PartitionTableProps {
  readonly name: string
  readonly page: PartitionPage
  readonly order: PartitionOrder
  readonly onOrder: (order: PartitionOrder) => void
}

function PartitionTable({ name, page, order, onOrder }: PartitionTableProps): ReactNode {
  const [open, setOpen] = useState<string | null>(
    page.total === 1 ? JSON.stringify(page.partitions[0]!.partition) : null,
  )
  const header = { sorted: order, onSort: onOrder }
  return (
    <table className="list stack partitions">
      <thead>
        <tr>
          <SortHeader {...header} name="Partition" sortKey="partition" isRight={false} />
          <SortHeader {...header} name="Files" sortKey="files" />
          <SortHeader {...header} name="Rows" sortKey="rows" />
          <SortHeader {...header} name="Size" sortKey="size" />
          <SortHeader {...header} name="Average file" sortKey="average" direction="ascending" />
        </tr>
      </thead>
      <tbody>
        {page.partitions.map((partition) => {
          const key = JSON.stringify(partition.partition)
          const isOpen = open === key
          return (
            <Fragment key={key}>
              <PartitionRow
                partition={partition}
                isOpen={isOpen}
                onToggle={() => setOpen(isOpen ? null : key)}
              />
              {isOpen ? (
                <tr className="inset">
                  <td colSpan={5}>
                    <Files name={name} partition={key} />
                  </td>
                </tr>
              ) : null}
            </Fragment>
          )
        })}
      </tbody>
    </table>
  )
}

function PartitionRow({
  partition,
  isOpen,
  onToggle,
}: {
  readonly partition: PartitionFiles
  readonly isOpen: boolean
  readonly onToggle: () => void
}): ReactNode {
  const { label, files, rows, sizeBytes, smallestBytes, averageBytes, deleteFiles, isFragmented } = partition
  return (
    <tr>
      <td className="cell-main">
        <button type="button" className="column-toggle name" aria-expanded={isOpen} onClick={onToggle}>
          <Icon name={isOpen ? 'down' : 'right'} />
          {label}
        </button>
        {isFragmented ? <span className="tag tag-warn">small files</span> : null}
        {deleteFiles === 0 ? null : <span className="tag">{formatNoun(deleteFiles, 'delete file')}</span>}
      </td>
      <td data-label="Files" className="right number">
        {formatCount(files)}
      </td>
      <td data-label="Rows" className="right number">
        {formatCount(rows)}
      </td>
      <td data-label="Size" className="right number">
        {formatBytes(sizeBytes)}
      </td>
      <td data-label="Average file" className="right number">
        {formatBytes(averageBytes)}
        {files === 1 ? null : <small className="block soft">smallest {formatBytes(smallestBytes)}</small>}
      </td>
    </tr>
  )
}

function Files({ name, partition }: { readonly name: string; readonly partition: string }): ReactNode {
  const [limit, setLimit] = useState(fileStep)
  const files = useQuery(queries.files(name, partition, limit))
  return (
    <Loaded query={files}>
      {(page) => (
        <>
          <table className="list stack files">
            <thead>
              <tr>
                <th scope="col">File</th>
                <th scope="col" className="right">
                  Rows
                </th>
                <th scope="col" className="right">
                  Size
                </th>
                <th scope="col" className="right">
                  Schema
                </th>
              </tr>
            </thead>
            <tbody>
              {page.files.map(({ path, rowCount, sizeBytes, schemaId }) => (
                <tr key={path}>
                  <td className="cell-main">
                    <code title={path}>{path.slice(path.lastIndexOf('/') + 1)}</code>
                  </td>
                  <td data-label="Rows" className="right number">
                    {formatCount(rowCount)}
                  </td>
                  <td data-label="Size" className="right number">
                    {formatBytes(sizeBytes)}
                  </td>
                  <td data-label="Schema" className="right number soft">
                    {schemaId}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {page.files.length >= page.total ? null : (
            <ShowMore
              shown={page.files.length}
              total={page.total}
              step={fileStep * 4}
              noun="file"
              isBusy={files.isPlaceholderData}
              onMore={() => setLimit(limit + fileStep * 4)}
            />
          )}
        </>
      )}
    </Loaded>
  )
}
