import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Autocomplete, useFilter } from 'react-aria-components/Autocomplete'
import { Dialog } from 'react-aria-components/Dialog'
import { Input } from 'react-aria-components/Input'
import { Menu, MenuItem } from 'react-aria-components/Menu'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { TextField } from 'react-aria-components/TextField'
import { useLocation } from 'wouter'
import { queries } from '../api/queries.ts'
import { Icon, type IconName } from '../parts/icon.tsx'
import { jobAddress } from '../parts/job-link.tsx'
import { places } from './places.ts'

interface Target {
  readonly address: string
  readonly name: string
  readonly kind: string
  readonly icon: IconName
}

/** Goes to any page, dashboard, job or table by a few letters of its name. */
export default function CommandPalette({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [, navigate] = useLocation()
  const { contains } = useFilter({ sensitivity: 'base' })
  const targets = useTargets()
  return (
    <ModalOverlay
      className="scrim scrim-top"
      isOpen
      isDismissable
      onOpenChange={(isOpen) => isOpen || onClose()}
    >
      <Modal className="modal palette">
        <Dialog className="dialog" aria-label="Find anything">
          <Autocomplete filter={(text, input) => input.split(' ').every((word) => contains(text, word))}>
            <TextField aria-label="Name of a job, table or dashboard" autoFocus className="palette-field">
              <Icon name="search" />
              <Input placeholder="Job, table, dashboard…" />
            </TextField>
            <Menu
              aria-label="Found"
              className="palette-list"
              items={targets}
              onAction={(address) => {
                onClose()
                navigate(String(address))
              }}
              renderEmptyState={() => <p className="palette-none">Nothing has a name like that.</p>}
            >
              {({ address, name, kind, icon }) => (
                <MenuItem id={address} textValue={`${name} ${kind}`} className="palette-item">
                  <Icon name={icon} />
                  <span className="palette-name">{name}</span>
                  <span className="palette-kind">{kind}</span>
                </MenuItem>
              )}
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

function useTargets(): readonly Target[] {
  const dashboards = useQuery(queries.dashboards()).data ?? []
  const jobs = useQuery(queries.jobs()).data ?? []
  const tables = useQuery(queries.tables()).data?.tables ?? []
  return [
    ...places.map(({ address, name, icon }) => ({ address, name, icon, kind: 'page' })),
    ...dashboards.map(({ name, title }) => ({
      address: `/dashboards/${encodeURIComponent(name)}`,
      name: title,
      icon: 'dashboards' as const,
      kind: 'dashboard',
    })),
    ...jobs.map(({ app, job }) => ({
      address: jobAddress(app, job.name),
      name: job.name,
      icon: 'jobs' as const,
      kind: `job of ${app}`,
    })),
    ...tables.map(({ name }) => ({
      address: `/tables/${encodeURIComponent(name)}`,
      name,
      icon: 'tables' as const,
      kind: 'table',
    })),
  ]
}
