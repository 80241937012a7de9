import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { SessionInfo } from '../../src/server/contract.ts'
import { actions } from '../api/actions.ts'
import type { Connection } from '../api/live-updates.ts'
import { Icon } from '../parts/icon.tsx'
import { Mark } from './mark.tsx'
import { places } from './places.ts'
import { storedTheme, switchTheme, type Theme } from './theme.ts'

interface SidebarProps {
  readonly session: SessionInfo
  readonly connection: Connection
  readonly onSearch: () => void
}

const connectionWords: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Not connected',
}

export function Sidebar({ session, connection, onSearch }: SidebarProps): ReactNode {
  const [location] = useLocation()
  const [openAt, setOpenAt] = useState<string | null>(null)
  // Going anywhere closes the menu of a phone.
  const isOpen = openAt === location
  return (
    <div className="sidebar" data-open={isOpen}>
      <div className="sidebar-top">
        <Link href="/" className="brand" aria-label={`${session.project}: overview`}>
          <Mark />
          <span className="brand-words">
            <span className="brand-name">Nacre</span>
            <span className="brand-project">{session.project}</span>
          </span>
        </Link>
        <button type="button" className="icon-button phone-only" aria-label="Find" onClick={onSearch}>
          <Icon name="search" />
        </button>
        <button
          type="button"
          className="icon-button phone-only"
          aria-label={isOpen ? 'Close the menu' : 'Open the menu'}
          aria-expanded={isOpen}
          onClick={() => setOpenAt(isOpen ? null : location)}
        >
          <Icon name={isOpen ? 'close' : 'menu'} />
        </button>
      </div>
      <div className="sidebar-rest">
        <button type="button" className="find-button" onClick={onSearch} aria-keyshortcuts="Control+K">
          <Icon name="search" />
          <span>Find anything</span>
          <kbd>Ctrl K</kbd>
        </button>
        <nav aria-label="Main">
          <ul className="places">
            {places.map(({ name, address, icon }) => {
              const isHere =
                address === '/'
                  ? location === '/'
                  : location.startsWith(address) || (address === '/jobs' && location.startsWith('/runs'))
              return (
                <li key={address}>
                  <Link href={address} aria-current={isHere ? 'page' : undefined}>
                    <Icon name={icon} />
                    {name}
                  </Link>
                </li>
              )
            })}
          </ul>
        </nav>
        <footer className="sidebar-foot">
          <p className={`connection connection-${connection}`} role="status">
            <span>{connectionWords[connection]}</span>
            <span className="soft"> · {session.version}</span>
          </p>
          <div className="account">
            <span
              className="account-name"
              title={`${session.role}${session.team === null ? '' : `, team ${session.team}`}`}
            >
              {session.name}
              <small>{session.role}</small>
            </span>
            <ThemeButton />
            <button
              type="button"
              className="icon-button"
              aria-label="Sign out"
              title="Sign out"
              onClick={() => void signOut()}
            >
              <Icon name="leave" />
            </button>
          </div>
        </footer>
      </div>
    </div>
  )
}

const themeIcons = { system: 'system', light: 'sun', dark: 'moon' } as const

function ThemeButton(): ReactNode {
  const [theme, setTheme] = useState<Theme>(storedTheme)
  const label = `Colours: ${theme === 'system' ? 'as the system' : theme}. Switch`
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      onClick={() => setTheme(switchTheme(theme))}
    >
      <Icon name={themeIcons[theme]} />
    </button>
  )
}

async function signOut(): Promise<void> {
  await actions.signOut().catch(() => undefined)
  // A full load drops everything this session has read.
  location.assign('/sign-in')
}
