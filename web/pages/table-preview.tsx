import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { TableListing } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { formatCount, formatNoun } from '../format/format-number.ts'
import { formatDuration } from '../format/format-time.ts'
import { Icon } from '../parts/icon.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { ResultGrid } from '../parts/result-grid.tsx'
import { RelativeTime } from '../parts/time.tsx'

/** Some rows, as they are or as a snapshot left them. */
export function TablePreview({
  table,
  snapshotId,
}: {
  readonly table: TableListing
  readonly snapshotId: string | null
}): ReactNode {
  const preview = useQuery(queries.preview(table.name, snapshotId))
  return (
    <>
      {snapshotId === null ? null : <PastNote table={table.name} snapshotId={snapshotId} view="preview" />}
      <div className="panel panel-flush">
        <Loaded query={preview}>
          {({ columns, rows, truncated, elapsedMs }) =>
            rows.length === 0 ? (
              <Empty icon="tables" title="The table has no rows">
                <p>They appear with the first commit of what writes it.</p>
              </Empty>
            ) : (
              <>
                <ResultGrid label={`Rows of ${table.name}`} columns={columns} rows={rows} />
                <p className="grid-foot soft">
                  {!truncated
                    ? `All ${formatNoun(rows.length, 'row')}`
                    : snapshotId === null
                      ? `The first ${formatCount(rows.length)} of ${formatNoun(table.rows, 'row')}`
                      : `The first ${formatCount(rows.length)} rows`}
                  , in {formatDuration(elapsedMs)}
                </p>
              </>
            )
          }
        </Loaded>
      </div>
    </>
  )
}

/** Says that what is shown is the past, and leads back. */
export function PastNote({
  table,
  snapshotId,
  view,
}: {
  readonly table: string
  readonly snapshotId: string
  readonly view: 'preview' | 'connect'
}): ReactNode {
  const { data } = useInfiniteQuery(queries.snapshots(table))
  const snapshot = data?.pages
    .flatMap(({ snapshots }) => snapshots)
    .find((one) => one.snapshotId === snapshotId)
  return (
    <p className="note note-warn" role="status">
      <Icon name="clock" />
      <span>
        {snapshot === undefined ? (
          'An earlier state'
        ) : (
          <>
            As it was <RelativeTime at={snapshot.committedAt} />
          </>
        )}
        , snapshot <code>{snapshotId}</code>. <Link href={`?view=${view}`}>Show the current state</Link>
      </span>
    </p>
  )
}
