import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { Icon, type IconName } from './icon.tsx'

interface ErrorBoxProps {
  readonly title: string
  readonly code?: string | undefined
  readonly message: string
  readonly actions?: ReactNode
}

/** What went wrong and what to do, where it happened. */
export function ErrorBox({ title, code, message, actions }: ErrorBoxProps): ReactNode {
  return (
    <div className="message message-bad" role="alert">
      <Icon name="warning" />
      <div>
        <p className="message-title">
          {title} {code === undefined ? null : <code className="error-code">{code}</code>}
        </p>
        <pre className={/^\s*\^/m.test(message) ? 'message-text lines' : 'message-text'}>{message}</pre>
        {actions === undefined ? null : <div className="message-actions">{actions}</div>}
      </div>
    </div>
  )
}

/** The box for anything thrown by a request. */
export function RequestError({
  error,
  title = 'This could not be loaded',
  retry,
}: {
  readonly error: Error
  readonly title?: string
  readonly retry?: () => unknown
}): ReactNode {
  return (
    <ErrorBox
      title={title}
      code={error instanceof ApiError ? error.code : undefined}
      message={error.message}
      actions={
        retry === undefined ? undefined : (
          <button type="button" className="button" onClick={() => void retry()}>
            Try again
          </button>
        )
      }
    />
  )
}

interface EmptyProps {
  readonly icon: IconName
  readonly title: string
  /** What to do next. */
  readonly children: ReactNode
}

/** Nothing is here yet: says so, and what to do about it. */
export function Empty({ icon, title, children }: EmptyProps): ReactNode {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} />
      </span>
      <p className="empty-title">{title}</p>
      <div className="empty-text">{children}</div>
    </div>
  )
}
