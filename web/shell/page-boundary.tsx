import { Component, type ReactNode } from 'react'
import { ErrorBox } from '../parts/messages.tsx'

interface BoundaryProps {
  readonly children: ReactNode
}

/** Keeps the navigation usable when a page's code fails, as when a new version replaced the files of this one. */
export class PageBoundary extends Component<BoundaryProps, { readonly error: Error | null }> {
  override readonly state: { readonly error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <div className="page">
        <ErrorBox
          title="This page failed"
          message={`${error.message}\nLoad it again; if Nacre was upgraded meanwhile, that brings the new version.`}
          actions={
            <button type="button" className="button" onClick={() => location.reload()}>
              Load again
            </button>
          }
        />
      </div>
    )
  }
}
