import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const executable = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const screenshots = fileURLToPath(new URL('../browser/screenshots', import.meta.url))

/** Why browser tests cannot run here; give it to node:test as `skip`. With CI=true nothing is skipped: they fail. */
export const withoutChromium: string | false =
  existsSync(executable) || process.env['CI'] === 'true'
    ? false
    : `Chromium is not installed: no ${executable}`

/** A headless browser; dispose it. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A page that remembers everything a reader should never cause: errors, failed loads, refusals of the content-security policy. */
export interface WatchedPage extends AsyncDisposable {
  readonly page: Page
  readonly problems: readonly string[]
}

/** Opens a page in a context of its own, thus signed out and with empty storage. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`thrown: ${error.message}`))
  return { page, problems, [Symbol.asyncDispose]: () => context.close() }
}

/** Keeps what the page looks like under test/browser/screenshots, for people to look at. */
export async function keepScreenshot(
  page: Page,
  name: string,
  options: { fullPage?: boolean } = {},
): Promise<void> {
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: options.fullPage ?? true })
}
