import { QueryCache, QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { ApiError } from './api/client.ts'
import { useLiveUpdates } from './api/live-updates.ts'
import { prefetchDashboard } from './api/dashboard-address.ts'
import { queries } from './api/queries.ts'
import { loadChart } from './charts/load-chart.ts'
import { showLater } from './parts/later.tsx'
import { SkeletonLines } from './parts/loaded.tsx'
import { RequestError } from './parts/messages.tsx'
import DashboardsPage from './pages/dashboards-page.tsx'
import FeedsPage from './pages/feeds-page.tsx'
import HealthPage from './pages/health-page.tsx'
import JobsPage from './pages/jobs-page.tsx'
import NotFoundPage from './pages/not-found-page.tsx'
import OverviewPage from './pages/overview-page.tsx'
import SignInPage from './pages/sign-in-page.tsx'
import TablesPage from './pages/tables-page.tsx'
import { PageBoundary } from './shell/page-boundary.tsx'
import { Sidebar } from './shell/sidebar.tsx'
import { useShortcuts } from './shell/use-shortcuts.ts'

const skeleton = (
  <div className="page">
    <SkeletonLines />
  </div>
)
const later = () => import('./later.ts')
const DashboardPage = showLater(async () => (await later()).DashboardPage, skeleton)
const EventsPage = showLater(async () => (await later()).EventsPage, skeleton)
const FeedPage = showLater(async () => (await later()).FeedPage, skeleton)
const JobPage = showLater(async () => (await later()).JobPage, skeleton)
const RunPage = showLater(async () => (await later()).RunPage, skeleton)
const SqlPage = showLater(async () => (await later()).SqlPage, skeleton)
const TablePage = showLater(async () => (await later()).TablePage, skeleton)
const CommandPalette = showLater(async () => (await later()).CommandPalette)
const ShortcutsHelp = showLater(async () => (await later()).ShortcutsHelp)

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // A session can end while pages are open; asking for it again leads to sign-in.
    onError(error, query) {
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== 'session')
        void client.invalidateQueries({ queryKey: ['session'] })
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // Only what may pass by itself is worth asking again.
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status === 503),
    },
  },
})

/** What a dashboard opened by its address needs is asked for at once; whatever fails is asked again where it is shown. */
const dashboard = /^\/dashboards\/([^/]+)$/.exec(location.pathname)?.[1]
if (dashboard !== undefined) {
  const quietly = (asked: Promise<unknown>): void => void asked.catch(() => undefined)
  quietly(client.prefetchQuery(queries.session()))
  quietly(prefetchDashboard(client, decodeURIComponent(dashboard), location.search))
  quietly(later())
  quietly(loadChart())
}

export function App(): ReactNode {
  return (
    <QueryClientProvider client={client}>
      <Switch>
        <Route path="/sign-in" component={SignInPage} />
        <Route component={SignedIn} />
      </Switch>
    </QueryClientProvider>
  )
}

function SignedIn(): ReactNode {
  const session = useQuery(queries.session())
  const [location] = useLocation()
  if (session.error instanceof ApiError && session.error.status === 401) {
    const next = `${location}${globalThis.location.search}`
    return <Redirect replace to={next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`} />
  }
  if (session.data !== undefined) return <Shell session={session.data} />
  if (session.error === null) return null
  return (
    <main className="alone">
      <RequestError title="Nacre does not answer" error={session.error} retry={session.refetch} />
    </main>
  )
}

function Shell({ session }: { readonly session: Parameters<typeof Sidebar>[0]['session'] }): ReactNode {
  const connection = useLiveUpdates()
  const [overlay, setOverlay] = useState<'palette' | 'help' | null>(null)
  const openPalette = useCallback(() => setOverlay('palette'), [])
  const openHelp = useCallback(() => setOverlay('help'), [])
  const close = useCallback(() => setOverlay(null), [])
  useShortcuts({ openPalette, openHelp })
  useEffect(() => {
    // Fetched once the first page has had the network and the processor to itself.
    const timer = setTimeout(() => void later().catch(() => undefined), 2_000)
    return () => clearTimeout(timer)
  }, [])
  const main = useFocusOnNavigation()
  const [location] = useLocation()
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <Sidebar session={session} connection={connection} onSearch={openPalette} />
      <main id="main" ref={main} tabIndex={-1}>
        {connection === 'lost' ? (
          <p className="offline" role="alert">
            Nacre does not answer. What you see is as it was; this page reconnects by itself.
          </p>
        ) : null}
        <PageBoundary key={location}>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/jobs" component={JobsPage} />
            <Route path="/jobs/:app/:job" component={JobPage} />
            <Route path="/runs/:id" component={RunPage} />
            <Route path="/tables" component={TablesPage} />
            <Route path="/tables/:name" component={TablePage} />
            <Route path="/events" component={EventsPage} />
            <Route path="/feeds" component={FeedsPage} />
            <Route path="/feeds/:table" component={FeedPage} />
            <Route path="/sql" component={SqlPage} />
            <Route path="/dashboards" component={DashboardsPage} />
            <Route path="/dashboards/:name" component={DashboardPage} />
            <Route path="/health" component={HealthPage} />
            <Route component={NotFoundPage} />
          </Switch>
        </PageBoundary>
      </main>
      {overlay === 'palette' ? <CommandPalette onClose={close} /> : null}
      {overlay === 'help' ? <ShortcutsHelp onClose={close} /> : null}
    </div>
  )
}

/** Going to another page moves the focus to its content and the view to its top, as a page load would. */
function useFocusOnNavigation(): React.RefObject<HTMLElement | null> {
  const [location] = useLocation()
  const main = useRef<HTMLElement>(null)
  const before = useRef(location)
  useEffect(() => {
    if (before.current === location) return
    before.current = location
    main.current?.focus({ preventScroll: true })
    scrollTo(0, 0)
  }, [location])
  return main
}
