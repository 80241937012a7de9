import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { FeedDetail } from '../../src/server/contract.ts'
import { actions } from '../api/actions.ts'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'

/** What shall be sent again. */
export type ReplayChoice = { readonly route?: string } & (
  | { readonly snapshotId: string }
  | { readonly dead: true }
)

interface ReplayDialogProps {
  readonly detail: FeedDetail
  readonly choice: ReplayChoice
  readonly onClose: () => void
}

/** Says what sending again means, to whom, and asks. */
export function ReplayDialog({ detail, choice, onClose }: ReplayDialogProps): ReactNode {
  const client = useQueryClient()
  const { table, routes } = detail.feed
  const [route, setRoute] = useState(choice.route ?? '')
  const act = async (): Promise<void> => {
    await actions.replayFeed(table, route === '' ? choice : { ...choice, route })
    await client.invalidateQueries({ queryKey: ['feeds'] })
  }
  return (
    <ConfirmDialog
      title={'dead' in choice ? 'Send again what was given up' : 'Send a notification again'}
      confirm="Send again"
      onClose={onClose}
      onConfirm={act}
    >
      {'dead' in choice ? (
        <p>Every notification of this feed that was given up is sent again, oldest first.</p>
      ) : (
        <p>
          That of snapshot <code>{choice.snapshotId}</code> is sent again
          {isSwept(detail, choice.snapshotId) ? '. Its files were swept and are exported anew first' : ''}.
        </p>
      )}
      <p className="soft">
        It carries the same id and says that it is a replay; consumers that process each id once may ignore
        it.
      </p>
      <label className="field">
        To
        <select value={route} onChange={(event) => setRoute(event.target.value)}>
          <option value="">every route</option>
          {routes.map((each) => (
            <option key={each.route} value={each.route}>
              {each.route}
            </option>
          ))}
        </select>
      </label>
    </ConfirmDialog>
  )
}

function isSwept({ publications }: FeedDetail, snapshotId: string): boolean {
  return publications.some((each) => each.snapshotId === snapshotId && each.state === 'removed')
}
