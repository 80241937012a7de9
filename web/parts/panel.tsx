import { type ReactNode, useId } from 'react'

interface PanelProps {
  readonly title: string
  readonly note?: ReactNode
  readonly actions?: ReactNode
  /** No padding around the content: tables and lists reach the edges. */
  readonly flush?: boolean
  readonly className?: string
  readonly children: ReactNode
}

/** A titled surface, a landmark by its title. */
export function Panel({
  title,
  note,
  actions,
  flush = false,
  className = '',
  children,
}: PanelProps): ReactNode {
  const id = useId()
  return (
    <section className={`panel ${flush ? 'panel-flush' : ''} ${className}`} aria-labelledby={id}>
      <header className="panel-header">
        <h2 id={id}>{title}</h2>
        {note === undefined ? null : <span className="panel-note">{note}</span>}
        {actions === undefined ? null : <div className="panel-actions">{actions}</div>}
      </header>
      <div className="panel-body">{children}</div>
    </section>
  )
}
