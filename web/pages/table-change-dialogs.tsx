import { type ReactNode, useId, useState } from 'react'
import type { SnapshotView, TableDetail } from '../../src/server/contract.ts'
import { actions } from '../api/actions.ts'
import { formatDelta } from '../format/describe-table.ts'
import { formatNoun } from '../format/format-number.ts'
import { formatAbsolute } from '../format/format-time.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'

interface Closing {
  readonly onClose: () => void
  readonly onDone: () => Promise<unknown>
}

/** Says what a rollback does before it is done. */
export function RollbackDialog({
  detail: { table, readers },
  to,
  onClose,
  onDone,
}: Closing & { readonly detail: TableDetail; readonly to: SnapshotView }): ReactNode {
  return (
    <ConfirmDialog
      title={`Roll ${table.name} back?`}
      confirm="Roll back"
      danger
      onClose={onClose}
      onConfirm={() => actions.rollBack(table.name, to.snapshotId).then(onDone)}
    >
      <p>
        Everybody who reads the table then sees it as it was on <b>{formatAbsolute(to.committedAt)}</b>
        {to.rows === null ? '.' : ': '}
        {to.rows === null ? null : (
          <>
            {formatNoun(to.rows, 'row')} instead of {formatNoun(table.rows, 'row')} (
            {formatDelta(to.rows - table.rows) || 'no difference'}).
          </>
        )}
      </p>
      <ul className="consequences">
        <li>
          Nothing is deleted: what was committed since stays until it expires, and can be rolled to again.
        </li>
        <li>
          {readers.length === 0
            ? 'No job reads this table.'
            : 'Jobs that wait for this table run again for what changes; what others wrote from the newer rows stays.'}
        </li>
        {table.isFeed ? (
          <li>Readers of its feed are not told: they keep what they have until the next commit.</li>
        ) : null}
      </ul>
    </ConfirmDialog>
  )
}

export function TagDialog({
  table,
  snapshot,
  onClose,
  onDone,
}: Closing & { readonly table: string; readonly snapshot: SnapshotView }): ReactNode {
  const [tag, setTag] = useState('')
  const id = useId()
  return (
    <ConfirmDialog
      title="Tag this snapshot"
      confirm="Tag it"
      onClose={onClose}
      onConfirm={() => actions.createTag(table, tag.trim(), snapshot.snapshotId).then(onDone)}
    >
      <p>
        A tag keeps the state of {formatAbsolute(snapshot.committedAt)} readable under a name: it does not
        expire while the tag is there.
      </p>
      <label className="field" htmlFor={id}>
        Name of the tag
        {/* The dialog is about this field alone. */}
        <input
          id={id}
          autoFocus
          required
          maxLength={200}
          autoComplete="off"
          placeholder="end-of-year-2026"
          value={tag}
          onChange={({ target }) => setTag(target.value)}
        />
      </label>
    </ConfirmDialog>
  )
}
