import type { ReactNode } from 'react'
import { Link } from 'wouter'

/** Where a job's page is. */
export function jobAddress(app: string, job: string): string {
  return `/jobs/${encodeURIComponent(app)}/${encodeURIComponent(job)}`
}

/** A job named `job` or `app/job`; the former belongs to the app given. */
export function JobLink({ name, app }: { readonly name: string; readonly app?: string }): ReactNode {
  const [first, second] = name.split('/') as [string, string | undefined]
  const [ofApp, job] = second === undefined ? [app, first] : [first, second]
  if (ofApp === undefined) return <span className="name">{job}</span>
  return (
    <Link className="name" href={jobAddress(ofApp, job)}>
      {job}
    </Link>
  )
}

export function TableLink({ name }: { readonly name: string }): ReactNode {
  return (
    <Link className="name" href={`/tables/${encodeURIComponent(name)}`}>
      {name}
    </Link>
  )
}
