import { type ReactNode, useEffect } from 'react'

interface PageProps {
  readonly title: string
  /** The page's name in the tab; default the title. */
  readonly tabTitle?: string
  /** Above the title: where this page belongs. */
  readonly above?: ReactNode
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly wide?: boolean
  readonly children: ReactNode
}

/** The frame of every page: its heading, what can be done, its parts. */
export function Page({
  title,
  tabTitle,
  above,
  lead,
  actions,
  wide = false,
  children,
}: PageProps): ReactNode {
  const name = tabTitle ?? title
  useEffect(() => {
    document.title = `${name} · Nacre`
  }, [name])
  return (
    <div className={wide ? 'page page-wide' : 'page'}>
      <header className="page-header">
        <div className="page-heading">
          {above === undefined ? null : <p className="page-above">{above}</p>}
          <h1 tabIndex={-1}>{title}</h1>
          {lead === undefined || lead === null ? null : <p className="page-lead">{lead}</p>}
        </div>
        {actions === undefined ? null : <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}
