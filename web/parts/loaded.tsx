import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { RequestError } from './messages.tsx'

interface LoadedProps<Data> {
  readonly query: UseQueryResult<Data>
  /** Shown while the first answer is on its way; default a few grey lines. */
  readonly placeholder?: ReactNode
  readonly children: (data: Data) => ReactNode
}

/** The three faces of an answer: on its way, failed, here. An old answer stays while a new one fails. */
export function Loaded<Data>({ query, placeholder, children }: LoadedProps<Data>): ReactNode {
  if (query.data !== undefined) return children(query.data)
  if (query.error !== null) return <RequestError error={query.error} retry={query.refetch} />
  return placeholder ?? <SkeletonLines />
}

export function SkeletonLines({ count = 5 }: { readonly count?: number }): ReactNode {
  return (
    <div className="skeleton-lines" role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, index) => (
        <span key={index} className={`skeleton skeleton-${index % 3}`} />
      ))}
    </div>
  )
}
