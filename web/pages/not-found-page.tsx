import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Empty } from '../parts/messages.tsx'
import { Page } from '../parts/page.tsx'

export default function NotFoundPage(): ReactNode {
  return (
    <Page title="Nothing is here">
      <Empty icon="search" title={`${location.pathname} is no page of Nacre`}>
        <p>
          Press <kbd>Ctrl K</kbd> to find a job, table or dashboard by its name, or start from the{' '}
          <Link href="/">overview</Link>.
        </p>
      </Empty>
    </Page>
  )
}
