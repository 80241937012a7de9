import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useId, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu'
import { Popover } from 'react-aria-components/Popover'
import type { FilterValues, Tile, TileAnswer } from '../../src/server/contract.ts'
import { queries } from '../api/queries.ts'
import { BigNumbers } from '../charts/big-numbers.tsx'
import { formatterFor, readableName } from '../charts/column-format.ts'
import { Funnel } from '../charts/funnel.tsx'
import { loadChart } from '../charts/load-chart.ts'
import { formatDuration } from '../format/format-time.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Icon } from '../parts/icon.tsx'
import { showLater } from '../parts/later.tsx'
import { Empty, RequestError } from '../parts/messages.tsx'
import { ResultGrid } from '../parts/result-grid.tsx'
import { saveCsv } from '../parts/save-csv.ts'
import { RelativeTime } from '../parts/time.tsx'

const skeleton = <div className="skeleton tile-skeleton" role="status" aria-label="Loading" />
const Chart = showLater(loadChart, skeleton)

interface DashboardTileProps {
  readonly dashboard: string
  readonly index: number
  readonly tile: Tile
  readonly filters: FilterValues
}

type Face = 'chart' | 'data' | 'sql'

/** One query and its drawing; what it means, how fresh it is and how it was computed are one click away. */
export function DashboardTile({ dashboard, index, tile, filters }: DashboardTileProps): ReactNode {
  const id = useId()
  const query = useQuery(queries.tile(dashboard, index, filters))
  const [face, setFace] = useState<Face>('chart')
  const [showsDoc, setShowsDoc] = useState(false)
  return (
    <section
      className={`panel tile tile-${tile.chart.kind} span-${tile.width ?? 6}`}
      aria-labelledby={id}
      aria-busy={query.isFetching}
      data-stale={query.isPlaceholderData}
    >
      <header className="tile-header">
        <h2 id={id}>{tile.title}</h2>
        {tile.doc === undefined ? null : (
          <button
            type="button"
            className="icon-button"
            aria-label={`What ${tile.title} means`}
            aria-expanded={showsDoc}
            onClick={() => setShowsDoc(!showsDoc)}
          >
            <Icon name="info" />
          </button>
        )}
        <TileMenu tile={tile} answer={query.data} face={face} onFace={setFace} />
      </header>
      {showsDoc ? <p className="tile-doc">{tile.doc}</p> : null}
      <div className="tile-body">
        {query.error !== null && !query.isFetching ? (
          <RequestError title="This tile failed" error={query.error} retry={query.refetch} />
        ) : query.data === undefined ? (
          skeleton
        ) : (
          <TileFace tile={tile} answer={query.data} face={face} />
        )}
      </div>
      {query.data === undefined || query.error !== null ? null : <TileFoot answer={query.data} />}
    </section>
  )
}

function TileFace({
  tile,
  answer,
  face,
}: {
  readonly tile: Tile
  readonly answer: TileAnswer
  readonly face: Face
}): ReactNode {
  if (face === 'sql') {
    return (
      <div className="tile-sql">
        <CopyButton text={() => answer.sql} />
        <pre className="code" tabIndex={0}>
          {answer.sql}
        </pre>
      </div>
    )
  }
  if (answer.rows.length === 0) {
    return (
      <Empty icon="dashboards" title="No rows for these filters">
        <p>Choose more days or fewer filters; or see under Jobs whether what fills its tables has run.</p>
      </Empty>
    )
  }
  const { chart } = tile
  if (face === 'data' || chart.kind === 'table') {
    return (
      <ResultGrid
        label={`Data of ${tile.title}`}
        columns={answer.columns}
        rows={answer.rows}
        show={formatterFor(chart)}
        nameColumn={readableName}
      />
    )
  }
  if (chart.kind === 'number') return <BigNumbers chart={chart} answer={answer} />
  if (chart.kind === 'funnel') return <Funnel chart={chart} answer={answer} />
  return <Chart chart={chart} answer={answer} title={tile.title} />
}

interface TileMenuProps {
  readonly tile: Tile
  readonly answer: TileAnswer | undefined
  readonly face: Face
  readonly onFace: (face: Face) => void
}

function TileMenu({ tile, answer, face, onFace }: TileMenuProps): ReactNode {
  const items = [
    ...(face === 'chart' ? [] : [{ id: 'chart', name: 'Show the chart' }]),
    ...(face === 'data' || tile.chart.kind === 'table' ? [] : [{ id: 'data', name: 'Show data as table' }]),
    ...(face === 'sql' ? [] : [{ id: 'sql', name: 'Show SQL' }]),
    { id: 'csv', name: 'Save as CSV' },
  ]
  return (
    <MenuTrigger>
      <Button
        className="icon-button"
        aria-label={`More about ${tile.title}`}
        isDisabled={answer === undefined}
      >
        <Icon name="more" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu
          className="menu"
          items={items}
          onAction={(id) => {
            if (id !== 'csv') onFace(id as Face)
            else if (answer !== undefined) saveCsv(tile.title, answer.columns, answer.rows)
          }}
        >
          {({ name }) => <MenuItem>{name}</MenuItem>}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}

function TileFoot({
  answer: { elapsedMs, cached, freshAt, truncated },
}: {
  readonly answer: TileAnswer
}): ReactNode {
  return (
    <footer className="tile-foot">
      {freshAt === null ? null : (
        <span>
          Data of <RelativeTime at={freshAt} />
        </span>
      )}
      <span>{cached ? 'from cache' : formatDuration(elapsedMs)}</span>
      {truncated ? <span className="warn">not all rows</span> : null}
    </footer>
  )
}
