import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react'
import { useSearchParams } from 'wouter'
import type { SqlAnswer, TableInfo } from '../../src/server/contract.ts'
import { actions } from '../api/actions.ts'
import { queries } from '../api/queries.ts'
import { formatNoun } from '../format/format-number.ts'
import { formatDuration } from '../format/format-time.ts'
import { Icon } from '../parts/icon.tsx'
import { TableLink } from '../parts/job-link.tsx'
import { Empty, RequestError } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'
import { ResultGrid } from '../parts/result-grid.tsx'
import { saveCsv } from '../parts/save-csv.ts'
import { Duration } from '../parts/time.tsx'

const rowLimit = 1_000

type Outcome =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly since: string }
  | { readonly kind: 'done'; readonly answer: SqlAnswer }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'cancelled' }

/** The statement stands in the address, so a link or a reload shows the same question. */
export default function SqlPage(): ReactNode {
  const [parameters, setParameters] = useSearchParams()
  const [sql, setSql] = useState(parameters.get('q') ?? '')
  const { outcome, run, cancel } = useStatement()
  const start = (): void => {
    if (sql.trim() === '') return
    setParameters({ q: sql }, { replace: true })
    void run(sql)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    start()
  }
  return (
    <Page
      title="SQL"
      lead="DuckDB's SQL over the current snapshots. Reading only: it cannot reach files or the network."
      wide
    >
      <div className="sql">
        <div className="sql-main">
          <div className="panel sql-editor">
            <textarea
              aria-label="SQL"
              spellCheck={false}
              autoCapitalize="off"
              autoComplete="off"
              rows={9}
              placeholder={'select day, readers, minutes\nfrom metrics.engagement\norder by day desc'}
              value={sql}
              onChange={({ target }) => setSql(target.value)}
              onKeyDown={onKeyDown}
            />
            <div className="sql-bar">
              {outcome.kind === 'running' ? (
                <>
                  <button type="button" className="button" onClick={cancel}>
                    <Icon name="stop" /> Cancel
                  </button>
                  <span className="soft" role="status">
                    Running, <Duration from={outcome.since} to={null} />
                  </span>
                </>
              ) : (
                <>
                  <button
                    type="button"
                    className="button button-main"
                    disabled={sql.trim() === ''}
                    onClick={start}
                  >
                    <Icon name="play" /> Run
                  </button>
                  <span className="soft">
                    <kbd>Ctrl</kbd> <kbd>Enter</kbd>
                  </span>
                </>
              )}
            </div>
          </div>
          <OutcomeView outcome={outcome} />
        </div>
        <TableShelf
          onPick={(text) =>
            setSql((before) => `${before}${before === '' || /\s$/.test(before) ? '' : ' '}${text}`)
          }
        />
      </div>
    </Page>
  )
}

function useStatement() {
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'idle' })
  const running = useRef<AbortController>(null)
  const run = async (sql: string): Promise<void> => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    setOutcome({ kind: 'running', since: new Date().toISOString() })
    const result = await actions.sql(sql, rowLimit, controller.signal).then(
      (answer): Outcome => ({ kind: 'done', answer }),
      (error: Error): Outcome =>
        controller.signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', error },
    )
    if (running.current === controller) setOutcome(result)
  }
  return { outcome, run, cancel: () => running.current?.abort() }
}

function OutcomeView({ outcome }: { readonly outcome: Outcome }): ReactNode {
  switch (outcome.kind) {
    case 'idle':
      return (
        <div className="panel">
          <Empty icon="sql" title="Ask the tables anything">
            <p>
              Write a <code>select</code> above; a click on a table or column puts its name in.
            </p>
          </Empty>
        </div>
      )
    case 'running':
      return <div className="panel skeleton-panel" role="status" aria-label="Running" />
    case 'cancelled':
      return <p className="panel quiet">Cancelled. The engine has stopped too.</p>
    case 'failed':
      return <RequestError title="The statement failed" error={outcome.error} />
    case 'done':
      return <AnswerView answer={outcome.answer} />
  }
}

function AnswerView({ answer }: { readonly answer: SqlAnswer }): ReactNode {
  const { columns, rows, truncated, elapsedMs, snapshots } = answer
  return (
    <section className="panel panel-flush" aria-label="Result">
      <div className="toolbar">
        <span role="status">
          {truncated
            ? `The first ${formatNoun(rows.length, 'row')}, more exist`
            : formatNoun(rows.length, 'row')}
          , in {formatDuration(elapsedMs)}
        </span>
        <button type="button" className="button" onClick={() => saveCsv('result', columns, rows)}>
          <Icon name="download" /> CSV
        </button>
      </div>
      <ResultGrid label="Result" columns={columns} rows={rows} />
      {Object.keys(snapshots).length === 0 ? null : (
        <details className="more grid-foot">
          <summary>Snapshots it read</summary>
          <ul>
            {Object.entries(snapshots).map(([table, snapshot]) => (
              <li key={table}>
                <TableLink name={table} /> <code>{snapshot ?? 'empty'}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

function TableShelf({ onPick }: { readonly onPick: (text: string) => void }): ReactNode {
  const tables = useQuery(queries.tables())
  return (
    <aside className="panel panel-flush shelf" aria-label="Tables">
      <h2>Tables</h2>
      <ul>
        {(tables.data?.tables ?? []).map((table) => (
          <ShelfTable key={table.name} table={table} onPick={onPick} />
        ))}
      </ul>
    </aside>
  )
}

function ShelfTable({
  table,
  onPick,
}: {
  readonly table: TableInfo
  readonly onPick: (text: string) => void
}): ReactNode {
  return (
    <li>
      <details>
        <summary>
          <span className="name">{table.name}</span>
          <button
            type="button"
            className="icon-button"
            aria-label={`Put ${table.name} into the statement`}
            onClick={(event) => {
              event.preventDefault()
              onPick(table.name)
            }}
          >
            +
          </button>
        </summary>
        <ul>
          {table.schema.fields.map(({ id, name, type }) => (
            <li key={id}>
              <button type="button" className="shelf-column" onClick={() => onPick(name)}>
                <span>{name}</span>
                <small className="soft">{typeof type === 'string' ? type : type.type}</small>
              </button>
            </li>
          ))}
        </ul>
      </details>
    </li>
  )
}
