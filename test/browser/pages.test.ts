import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { keepScreenshot, withoutChromium, type WatchedPage } from '../support/chromium.ts'
import { failedRun, liveRun } from './fixtures/bookstore-jobs.ts'
import { desktop, phone, startWebApp, type WebApp } from './web-app.ts'

/** Each page with a text that only its loaded content has. */
const pages: readonly (readonly [name: string, path: string, text: string])[] = [
  ['overview', '/', 'Needs a look'],
  ['jobs', '/jobs', 'weekly-retention'],
  ['job', '/jobs/bookstore/daily-engagement', 'Limits and origin'],
  ['run-failed', `/runs/${failedRun.id}`, 'Nothing was published'],
  ['run-live', `/runs/${liveRun.id}`, 'Read spans of shard 40'],
  ['tables', '/tables', 'recommend.also_read'],
  ['tables-by-size', '/tables?sort=size', 'outside engine'],
  ['table', '/tables/metrics.engagement', 'by day of day'],
  ['table-columns', '/tables/events.reading_span?view=columns', 'widened book_id from int to long'],
  ['table-snapshots', '/tables/metrics.engagement?view=snapshots', 'before-migration'],
  ['table-files', '/tables/events.reading_span?view=files', 'have many small files'],
  ['table-preview', '/tables/events.reading_span?view=preview', 'The first 100 of'],
  ['table-past', '/tables/metrics.engagement?view=preview&at=6184201934556120799', 'Show the current state'],
  ['table-connect', '/tables/events.reading_span?view=connect', 'PyIceberg'],
  ['table-empty', '/tables/metrics.retention', 'Rows appear with the first commit'],
  ['events', '/events', 'reading_span'],
  ['events-rejected', '/events?show=rejected', '1,204'],
  ['feeds', '/feeds', 'webhook https://search.bookstore.example/ready'],
  ['feed', '/feeds/recommend.also_read', '2 notifications given up'],
  ['feed-empty', '/feeds/reading.progress', 'None is declared'],
  ['sql', '/sql?q=select%20*%20from%20metrics.engagement', 'Ask the tables anything'],
  ['dashboards', '/dashboards', 'Reading and growth'],
  ['dashboard', '/dashboards/reading', 'From visit to paid'],
  ['health', '/health', 'Free disk'],
  ['not-found', '/nowhere', '/nowhere is no page of Nacre'],
]

/** Pages that scroll within themselves. */
const scrollsInside: ReadonlySet<string> = new Set(['run-live', 'events', 'run-failed'])

describe('pages', { skip: withoutChromium }, () => {
  let app: WebApp
  before(async () => void (app = await startWebApp()))
  after(() => app[Symbol.asyncDispose]())

  for (const [look, colorScheme, viewport] of [
    ['light', 'light', desktop],
    ['dark', 'dark', desktop],
    ['phone', 'light', phone],
  ] as const) {
    describe(look, () => {
      let watched: WatchedPage
      before(async () => void (watched = await app.open('/health', { colorScheme, viewport })))
      after(() => watched[Symbol.asyncDispose]())

      for (const [name, path, text] of pages) {
        it(`${name} renders without errors`, async () => {
          const { page, problems } = watched
          const earlier = problems.length
          await page.goto(`${app.server.url}${path}`)
          await page.locator('main').getByText(text).first().waitFor({ state: 'visible' })
          await settled(page)
          await keepScreenshot(page, `${name}-${look}`, { fullPage: !scrollsInside.has(name) })
          assert.deepEqual(problems.slice(earlier).filter(isUnexpected), [])
          assert.equal(await page.locator('h1').count(), 1)
          for (const chart of await page.locator('.chart').all()) {
            const [frame, canvas] = await Promise.all([
              chart.boundingBox(),
              chart.locator('canvas').first().boundingBox(),
            ])
            assert.equal(canvas?.width, frame?.width, 'a chart does not fill its tile')
          }
          const width = Number(await page.evaluate('document.documentElement.scrollWidth'))
          assert.ok(width <= viewport.width, `the page scrolls sideways: ${width} > ${viewport.width}`)
        })
      }
    })
  }
})

/** The dashboard's fixture has one tile that fails, which the browser reports as a failed load. */
function isUnexpected(problem: string): boolean {
  return !problem.includes('the server responded with a status of 400')
}

/** Nothing is loading any more, and charts have drawn. */
async function settled(page: Page): Promise<void> {
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  await page.locator('.chart:not(:has(canvas))').first().waitFor({ state: 'detached' })
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
}
