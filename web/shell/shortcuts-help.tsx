import type { ReactNode } from 'react'
import { Dialog, Heading } from 'react-aria-components/Dialog'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { places } from './places.ts'

const others: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['Ctrl', 'K'], 'Find anything'],
  [['/'], 'Search on this page'],
  [['Ctrl', 'Enter'], 'Run the SQL'],
  [['Esc'], 'Close what is open'],
  [['?'], 'This list'],
]

export default function ShortcutsHelp({ onClose }: { readonly onClose: () => void }): ReactNode {
  const rows = [...places.map(({ key, name }) => [['g', key], name] as const), ...others]
  return (
    <ModalOverlay className="scrim" isOpen isDismissable onOpenChange={(isOpen) => isOpen || onClose()}>
      <Modal className="modal modal-wide">
        <Dialog className="dialog">
          <Heading slot="title">Keys</Heading>
          <dl className="keys">
            {rows.map(([keys, does]) => (
              <div key={does}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <div className="dialog-actions">
            <button type="button" className="button" autoFocus onClick={onClose}>
              Close
            </button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
