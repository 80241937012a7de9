import type { ReactNode } from 'react'
import { Icon } from './icon.tsx'

interface SearchBoxProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** The key `/` jumps to the page's main one. */
  readonly isMain?: boolean
}

export function SearchBox({ label, value, onChange, isMain = true }: SearchBoxProps): ReactNode {
  return (
    <label className="search-box">
      <Icon name="search" />
      <input
        type="search"
        placeholder={label}
        aria-label={label}
        value={value}
        data-main-search={isMain ? '' : undefined}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  )
}
