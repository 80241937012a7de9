import type { Browser } from 'playwright-core'
import { buildWeb } from '../../scripts/build-web.ts'
import { launchChromium, openPage, type WatchedPage } from '../support/chromium.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { startFixtureServer, type FixtureServer } from './fixture-server.ts'
import { now } from './fixtures/bookstore-jobs.ts'

export const desktop = { width: 1360, height: 900 }
export const phone = { width: 390, height: 844 }

export interface OpenOptions {
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: typeof desktop
  /** Default true. */
  readonly signedIn?: boolean
}

/** The app as it is built, served with fixtures, and a browser. */
export interface WebApp extends AsyncDisposable {
  readonly server: FixtureServer
  /** A page in a context of its own, its clock standing at the fixtures' time. */
  open(path: string, options?: OpenOptions): Promise<WatchedPage>
}

export async function startWebApp(): Promise<WebApp> {
  const folder = tempFolder('nacre-web-')
  await buildWeb({ outFolder: folder.path })
  const server = await startFixtureServer(folder.path)
  const browser: Browser = await launchChromium()
  return {
    server,
    async open(path, { colorScheme = 'light', viewport = desktop, signedIn = true } = {}) {
      const watched = await openPage(browser, { colorScheme, viewport })
      await watched.page.clock.setFixedTime(now)
      if (signedIn) {
        const cookie = { name: 'nacre_session', value: 'open', domain: '127.0.0.1', path: '/' }
        await watched.page.context().addCookies([cookie])
      }
      await watched.page.goto(`${server.url}${path}`)
      return watched
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}
