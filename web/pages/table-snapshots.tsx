import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu'
import { Popover } from 'react-aria-components/Popover'
import { useLocation } from 'wouter'
import type { SnapshotView, TableDetail } from '../../src/server/contract.ts'
import { actions } from '../api/actions.ts'
import { queries } from '../api/queries.ts'
import { formatDelta, mayChange } from '../format/describe-table.ts'
import { formatBytes, formatCount } from '../format/format-number.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Empty } from '../parts/messages.tsx'
import { ShowMore } from '../parts/show-more.tsx'
import { SnapshotAuthorName, SnapshotMarks } from '../parts/snapshot-change.tsx'
import { RelativeTime } from '../parts/time.tsx'
import { RollbackDialog, TagDialog } from './table-change-dialogs.tsx'

type Asked = {
  readonly kind: 'rollback' | 'tag' | 'drop'
  readonly snapshot: SnapshotView
  readonly ref?: string
}

export function TableSnapshots({ detail }: { readonly detail: TableDetail }): ReactNode {
  const { table } = detail
  const snapshots = useInfiniteQuery(queries.snapshots(table.name))
  const session = useQuery(queries.session())
  const client = useQueryClient()
  const [asked, setAsked] = useState<Asked | null>(null)
  const close = (): void => setAsked(null)
  const changed = (): Promise<void> => client.invalidateQueries({ queryKey: ['tables'] })
  return (
    <Loaded query={snapshots}>
      {({ pages }) => {
        const shown = pages.flatMap((page) => page.snapshots)
        const total = pages[0]!.total
        if (total === 0)
          return (
            <Empty icon="clock" title="No commit yet">
              <p>Each commit leaves a snapshot: what the table held then can be read until it expires.</p>
            </Empty>
          )
        return (
          <div className="table-frame">
            <SnapshotRows
              table={table.name}
              snapshots={shown}
              mayChange={mayChange(session.data, table)}
              onAsk={setAsked}
            />
            {snapshots.hasNextPage ? (
              <ShowMore
                shown={shown.length}
                total={total}
                step={30}
                noun="snapshot"
                isBusy={snapshots.isFetchingNextPage}
                onMore={() => void snapshots.fetchNextPage()}
              />
            ) : null}
            {asked?.kind === 'rollback' ? (
              <RollbackDialog detail={detail} to={asked.snapshot} onClose={close} onDone={changed} />
            ) : null}
            {asked?.kind === 'tag' ? (
              <TagDialog table={table.name} snapshot={asked.snapshot} onClose={close} onDone={changed} />
            ) : null}
            {asked?.kind === 'drop' ? (
              <ConfirmDialog
                title={`Drop the tag ${asked.ref}?`}
                confirm="Drop the tag"
                danger
                onClose={close}
                onConfirm={() => actions.dropRef(table.name, asked.ref!).then(changed)}
              >
                <p>The table stays as it is. Its snapshot then expires like any other.</p>
              </ConfirmDialog>
            ) : null}
          </div>
        )
      }}
    </Loaded>
  )
}

interface SnapshotRowsProps {
  readonly table: string
  readonly snapshots: readonly SnapshotView[]
  readonly mayChange: boolean
  readonly onAsk: (asked: Asked) => void
}

function SnapshotRows({ table, snapshots, mayChange: isEditor, onAsk }: SnapshotRowsProps): ReactNode {
  return (
    <table className="list stack snapshots">
      <thead>
        <tr>
          <th scope="col">What happened</th>
          <th scope="col">By</th>
          <th scope="col" className="right">
            Rows
          </th>
          <th scope="col" className="right">
            Size
          </th>
          <th scope="col" className="right">
            When
          </th>
          <th scope="col">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {snapshots.map((snapshot) => (
          <tr key={snapshot.snapshotId} className={snapshot.isInHistory ? undefined : 'aside'}>
            <td className="cell-main">
              <span>{snapshot.change}</span>
              <SnapshotMarks snapshot={snapshot} />
              <p className="soft snapshot-id">
                <code title="Snapshot id">{snapshot.snapshotId}</code> · no. {snapshot.sequenceNumber}
              </p>
            </td>
            <td data-label="By">
              {snapshot.author === null ? (
                <span className="none">–</span>
              ) : (
                <SnapshotAuthorName snapshot={snapshot} />
              )}
            </td>
            <td data-label="Rows" className="right number">
              <Measure total={snapshot.rows} delta={snapshot.rowsDelta} format={formatCount} />
            </td>
            <td data-label="Size" className="right number">
              <Measure total={snapshot.sizeBytes} delta={snapshot.sizeDelta} format={formatBytes} />
            </td>
            <td data-label="When" className="right soft">
              <RelativeTime at={snapshot.committedAt} />
            </td>
            <td className="row-menu">
              <SnapshotMenu table={table} snapshot={snapshot} isEditor={isEditor} onAsk={onAsk} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Measure({
  total,
  delta,
  format,
}: {
  readonly total: number | null
  readonly delta: number
  readonly format: (value: number) => string
}): ReactNode {
  return (
    <>
      {total === null ? '–' : format(total)}
      <small className="block soft">{formatDelta(delta, format) || '±0'}</small>
    </>
  )
}

function SnapshotMenu({
  table,
  snapshot,
  isEditor,
  onAsk,
}: {
  readonly table: string
  readonly snapshot: SnapshotView
  readonly isEditor: boolean
  readonly onAsk: (asked: Asked) => void
}): ReactNode {
  const [, navigate] = useLocation()
  const { snapshotId, refs, isCurrent } = snapshot
  const tags = refs.filter(({ type }) => type === 'tag')
  const act = (key: string): void => {
    if (key === 'preview' || key === 'connect')
      return navigate(`/tables/${table}?view=${key}&at=${snapshotId}`)
    if (key === 'copy') return void navigator.clipboard.writeText(snapshotId).catch(() => undefined)
    if (key === 'rollback' || key === 'tag') return onAsk({ kind: key, snapshot })
    onAsk({ kind: 'drop', snapshot, ref: key.slice('drop '.length) })
  }
  return (
    <MenuTrigger>
      <Button className="icon-button" aria-label={`What to do with snapshot ${snapshotId}`}>
        <Icon name="more" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" onAction={(key) => act(String(key))}>
          <MenuItem id="preview">Preview its rows</MenuItem>
          <MenuItem id="connect">Read it from elsewhere</MenuItem>
          <MenuItem id="copy">Copy its id</MenuItem>
          {isEditor ? <MenuItem id="tag">Tag it…</MenuItem> : null}
          {isEditor
            ? tags.map(({ name }) => (
                <MenuItem key={name} id={`drop ${name}`}>
                  Drop the tag {name}…
                </MenuItem>
              ))
            : null}
          {isEditor && !isCurrent ? <MenuItem id="rollback">Roll back to it…</MenuItem> : null}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
