import { type ReactNode, useState } from 'react'
import { Dialog, Heading } from 'react-aria-components/Dialog'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { RequestError } from './messages.tsx'

interface ConfirmDialogProps {
  readonly title: string
  readonly confirm: string
  readonly danger?: boolean
  readonly onClose: () => void
  /** The dialog closes when it has succeeded, and shows its error otherwise. */
  readonly onConfirm: () => Promise<unknown>
  readonly children: ReactNode
}

/** Asks before something happens. Focus stays inside; Escape and Cancel close it. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const { title, confirm, danger = false, onClose, onConfirm, children } = props
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  const act = async (): Promise<void> => {
    setBusy(true)
    setError(null)
    try {
      await onConfirm()
      onClose()
    } catch (thrown) {
      setError(thrown as Error)
      setBusy(false)
    }
  }
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(isOpen) => isOpen || onClose()}>
      <Modal className="modal">
        <Dialog className="dialog" role={danger ? 'alertdialog' : 'dialog'}>
          <form
            onSubmit={(event) => {
              event.preventDefault()
              void act()
            }}
          >
            <Heading slot="title">{title}</Heading>
            <div className="dialog-body">{children}</div>
            {error === null ? null : <RequestError title="That did not work" error={error} />}
            <div className="dialog-actions">
              <button type="button" className="button" onClick={onClose}>
                Cancel
              </button>
              <button
                type="submit"
                autoFocus
                disabled={isBusy}
                className={`button ${danger ? 'button-danger' : 'button-main'}`}
              >
                {confirm}
              </button>
            </div>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
