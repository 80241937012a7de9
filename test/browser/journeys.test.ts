import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { keepScreenshot, withoutChromium } from '../support/chromium.ts'
import { failedRun, liveRun } from './fixtures/bookstore-jobs.ts'
import { phone, startWebApp, type WebApp } from './web-app.ts'

describe('journeys', { skip: withoutChromium }, () => {
  let app: WebApp
  before(async () => void (app = await startWebApp()))
  after(() => app[Symbol.asyncDispose]())
  beforeEach(() => void (app.server.isEmpty = false))

  it('signs in by a link and goes on to where the reader was going', async () => {
    await using watched = await app.open('/jobs', { signedIn: false })
    const { page } = watched
    await page.waitForURL('**/sign-in?next=%2Fjobs')
    await page.getByLabel('Token').waitFor()
    await keepScreenshot(page, 'sign-in-light')
    await page.getByLabel('Token').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('No token like this is known here').waitFor()
    await page.getByLabel('Token').fill('good')
    await page.getByLabel('Token').press('Enter')
    await page.waitForURL('**/jobs')
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor()
  })

  it('uses the code of a sign-in link once, and says why a stale one fails', async () => {
    await using stale = await app.open('/sign-in?code=old', { signedIn: false })
    await stale.page.getByRole('alert').getByText('was used before').waitFor()
    await using fresh = await app.open('/sign-in?code=good', { signedIn: false })
    await fresh.page.getByRole('heading', { name: 'Overview' }).waitFor()
    const posts = app.server.posts.filter(
      ({ body }) => (body as { code?: string } | undefined)?.code === 'good',
    )
    assert.equal(posts.length, 1)
  })

  it('never goes from sign-in to another site', async () => {
    await using watched = await app.open('/sign-in?code=good&next=//evil.example', { signedIn: false })
    await watched.page.getByRole('heading', { name: 'Overview' }).waitFor()
    assert.equal(new URL(watched.page.url()).origin, app.server.url)
  })

  it('goes anywhere by keyboard', async () => {
    await using watched = await app.open('/')
    const { page, problems } = watched
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('j')
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('invoices')
    await page.getByText('weekly-retention').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByText('metrics.engagement').waitFor()
    await page.keyboard.type('also')
    await page.getByRole('dialog').getByText('metrics.engagement').waitFor({ state: 'detached' })
    await keepScreenshot(page, 'palette-light', { fullPage: false })
    await page.keyboard.press('Enter')
    await page.waitForURL('**/jobs/bookstore/also-read')
    await page.getByRole('heading', { name: 'also-read', level: 1 }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await keepScreenshot(page, 'keys-light', { fullPage: false })
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.deepEqual(problems, [])
  })

  it('moves the focus to the content, past the navigation, with the skip link', async () => {
    await using watched = await app.open('/')
    const { page } = watched
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate('document.activeElement.id'), 'main')
  })

  it("keeps a dashboard's filters in the address over a reload", async () => {
    await using watched = await app.open('/dashboards/reading')
    const { page } = watched
    await page.getByText('18,402').waitFor()
    await page.getByRole('button', { name: '7 days' }).click()
    await page.getByLabel('Country').selectOption('Germany')
    await page.waitForURL('**/dashboards/reading?days=last%3A7d&country=Germany')
    await page.getByText('4,048').waitFor()
    await page.reload()
    await page.getByText('4,048').waitFor()
    assert.equal(await page.getByRole('button', { name: '7 days' }).getAttribute('aria-pressed'), 'true')
    assert.equal(await page.getByLabel('Country').inputValue(), 'Germany')
    const asked = app.server.posts.findLast(({ path }) => path === 'dashboards/reading/tiles/0')
    assert.deepEqual(asked?.body, { filters: { days: 'last:7d', country: 'Germany', platform: '' } })
    await page.getByRole('button', { name: 'Dates' }).click()
    await page.getByLabel('First day').fill('2026-01-01')
    await page.getByLabel('Last day').fill('2026-01-31')
    await page.getByRole('button', { name: 'Show', exact: true }).click()
    await page.waitForURL('**days=2026-01-01..2026-01-31**')
    await page.goBack()
    await page.waitForURL('**days=last%3A7d**')
  })

  it('shows a tile as data and as SQL, its meaning, its failure, and that filters leave no rows', async () => {
    await using watched = await app.open('/dashboards/reading')
    const { page } = watched
    const tile = page.getByRole('region', { name: 'Readers per day' })
    const drawing = tile.getByRole('img')
    await drawing.waitFor()
    assert.match(
      (await drawing.getAttribute('aria-label')) ?? '',
      /^Readers per day, 24 Oct to 22 Nov\. ios goes from [\d,]+ to/,
    )
    await tile.getByRole('button', { name: 'What Readers per day means' }).click()
    await tile.getByText('a reader on two platforms counts in both').waitFor()
    await tile.getByRole('button', { name: 'More about Readers per day' }).click()
    await page.getByRole('menuitem', { name: 'Show SQL' }).click()
    await tile.getByText('COUNT(DISTINCT').waitFor()
    await tile.getByRole('button', { name: 'More about Readers per day' }).click()
    await page.getByRole('menuitem', { name: 'Show data as table' }).click()
    await tile.getByRole('columnheader', { name: 'Platform' }).waitFor()
    await page
      .getByRole('region', { name: 'Reading by hour' })
      .getByText('is not defined in engagement')
      .waitFor()
    await page.getByLabel('Country').selectOption('Japan')
    await page.getByRole('region', { name: 'Minutes read' }).getByText('No rows for these filters').waitFor()
  })

  it('asks only the tiles that read a changed table again', async () => {
    await using watched = await app.open('/dashboards/reading')
    await watched.page.getByText('18,402').waitFor()
    await watched.page.getByText('Live', { exact: true }).waitFor()
    const count = (): number =>
      app.server.posts.filter(({ path }) => path.startsWith('dashboards/reading/tiles')).length
    const before = count()
    const again = watched.page.waitForRequest('**/tiles/0')
    app.server.change({ topic: 'tables', name: 'home.shelf' })
    await watched.page.waitForRequest('**/api/v1/tables', { timeout: 3_000 }).catch(() => undefined)
    assert.equal(count(), before)
    app.server.change({ topic: 'tables', name: 'metrics.engagement' })
    await again
  })

  it("searches a log and follows a running one's end", async () => {
    await using watched = await app.open(`/runs/${liveRun.id}`)
    const { page } = watched
    const lines = page.getByRole('log')
    await lines.getByText('Read spans of shard 65').waitFor()
    await page.getByPlaceholder('Search the log').fill('shard=42')
    await page.getByText(/^1 of \d+ lines, live$/).waitFor()
    assert.equal(await lines.locator('mark').textContent(), 'shard=42')
    await page.getByPlaceholder('Search the log').fill('')
    await lines.hover()
    await page.mouse.wheel(0, -800)
    await page.getByRole('button', { name: 'Follow', pressed: false }).click()
    await page.getByRole('button', { name: 'Follow', pressed: true }).waitFor()
  })

  it('filters a log by level and puts what went wrong on top', async () => {
    await using watched = await app.open(`/runs/${failedRun.id}`)
    const { page } = watched
    await page.getByRole('alert').getByText('then mend the job or the check').waitFor()
    await page.getByLabel('Least level').selectOption('error')
    await page.getByText('1 of 245 lines').waitFor()
  })

  it('kills a run only after asking', async () => {
    await using watched = await app.open(`/runs/${liveRun.id}`)
    const { page } = watched
    const kills = (): number =>
      app.server.posts.filter(({ path }) => path === `runs/${liveRun.id}/kill`).length
    await page.getByRole('button', { name: 'Kill' }).click()
    await keepScreenshot(page, 'kill-light', { fullPage: false })
    await page.getByRole('button', { name: 'Cancel' }).click()
    assert.equal(kills(), 0)
    await page.getByRole('button', { name: 'Kill' }).click()
    await page.getByRole('button', { name: 'Kill the run' }).click()
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    assert.equal(kills(), 1)
  })

  it('runs chosen days of a job and goes to the run', async () => {
    await using watched = await app.open('/jobs/bookstore/daily-engagement')
    const { page } = watched
    await page.getByRole('button', { name: 'Run now' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('These days, again if they have run before').click()
    await dialog.getByLabel('From', { exact: true }).fill('2026-11-19')
    await dialog.getByLabel('To', { exact: true }).fill('2026-11-21')
    await dialog.getByText('3 days').waitFor()
    await keepScreenshot(page, 'run-now-light', { fullPage: false })
    await dialog.getByRole('button', { name: 'Run now' }).click()
    await page.waitForURL(`**/runs/${liveRun.id}`)
    const posted = app.server.posts.findLast(({ path }) => path === 'jobs/bookstore/daily-engagement/run')
    assert.deepEqual(posted?.body, { days: ['2026-11-19', '2026-11-20', '2026-11-21'] })
  })

  it('stays with a job whose work must wait, which says why', async () => {
    await using watched = await app.open('/jobs/bookstore/weekly-retention')
    const { page } = watched
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByText('not running: The last attempt failed').waitFor()
    assert.match(page.url(), /weekly-retention$/)
  })

  it('tells the samples of one reason from those of others', async () => {
    await using watched = await app.open('/events?show=rejected')
    const { page } = watched
    const samples = page.getByRole('region', { name: 'Samples' })
    await samples.getByText('must be number').first().waitFor()
    await page.getByRole('button', { name: /subscription_changed has a value that is none/ }).click()
    await samples.getByText('must be number').first().waitFor({ state: 'detached' })
    assert.equal(await samples.getByText('must be one of').count(), 5)
  })

  it('names any number of days, and compares only where a percentage says something', async () => {
    await using watched = await app.open('/dashboards/reading?days=last%3A60d')
    const { page } = watched
    await page.getByRole('button', { name: '60 days', pressed: true }).waitFor()
    const tile = page.getByRole('region', { name: 'Active readers' })
    await tile.getByText('before').waitFor()
    assert.equal(await page.getByLabel('First day').count(), 0)
  })

  it('runs SQL by Ctrl+Enter, shows its error, and cancels', async () => {
    await using watched = await app.open('/sql')
    const { page } = watched
    const editor = page.getByRole('textbox', { name: 'SQL' })
    await editor.fill('select * from metrics.engagement')
    await editor.press('Control+Enter')
    await page.getByText('The first 250 rows, more exist').waitFor()
    await keepScreenshot(page, 'sql-result-light')
    await page.getByRole('button', { name: 'Show 150 more' }).click()
    assert.equal(await page.locator('.result-grid tbody tr').count(), 250)
    await editor.fill('delete from x')
    await editor.press('Control+Enter')
    await page.getByRole('alert').getByText('Only statements that read').waitFor()
    await editor.fill('select slow')
    await editor.press('Control+Enter')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled').waitFor()
  })

  it('holds the event tail still while paused', async () => {
    await using watched = await app.open('/events')
    const { page } = watched
    await page.getByRole('button', { name: 'Pause' }).click()
    const first = await page.locator('.event-list li').first().textContent()
    await page.getByRole('button', { name: /^Resume \(\d+ new\)$/ }).waitFor()
    assert.equal(await page.locator('.event-list li').first().textContent(), first)
    await page.getByRole('button', { name: /^Resume/ }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    assert.notEqual(await page.locator('.event-list li').first().textContent(), first)
  })

  it('says that the server is gone, and comes back by itself', async () => {
    await using watched = await app.open('/jobs')
    const { page } = watched
    await page.getByText('Live', { exact: true }).waitFor()
    await app.server.stop()
    await page.getByRole('alert').getByText('Nacre does not answer').waitFor()
    await keepScreenshot(page, 'offline-light', { fullPage: false })
    assert.ok(await page.getByText('weekly-retention').isVisible())
    await app.server.start()
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })

  it('keeps the chosen colours', async () => {
    await using watched = await app.open('/health')
    const { page } = watched
    const background = (): Promise<unknown> =>
      page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    const light = await background()
    await page.getByRole('button', { name: /^Colours: as the system/ }).click()
    await page.getByRole('button', { name: /^Colours: light/ }).click()
    const dark = await background()
    assert.notEqual(dark, light)
    await page.reload()
    await page.getByRole('button', { name: /^Colours: dark/ }).waitFor()
    assert.equal(await background(), dark)
  })

  it('looks into a publication of a feed and sends it again, by keyboard', async () => {
    await using watched = await app.open('/feeds')
    const { page, problems } = watched
    await page.getByRole('link', { name: 'recommend.also_read' }).click()
    await page.getByRole('heading', { name: 'recommend.also_read', level: 1 }).waitFor()
    const newest = page.locator('.publications summary').first()
    await newest.focus()
    await page.keyboard.press('Enter')
    await page.getByText('part-00001.avro').first().waitFor()
    await keepScreenshot(page, 'feed-publication-light')
    await page.locator('.feed-routes').getByRole('button', { name: 'Send again' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('given up').first().waitFor()
    await keepScreenshot(page, 'feed-replay-light', { fullPage: false })
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    assert.deepEqual(app.server.posts.at(-1), {
      path: 'feeds/recommend.also_read/replay',
      body: { dead: true, route: 'webhook https://search.bookstore.example/ready' },
    })
    assert.deepEqual(problems, [])
  })

  it('opens its menu on a phone', async () => {
    await using watched = await app.open('/', { viewport: phone })
    const { page } = watched
    await page.getByRole('button', { name: 'Open the menu' }).click()
    await keepScreenshot(page, 'menu-phone', { fullPage: false })
    await page.getByRole('link', { name: 'Tables', exact: true }).click()
    await page.getByRole('heading', { name: 'Tables', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Open the menu' }).waitFor()
  })

  for (const [path, text] of [
    ['/', 'No event has arrived yet'],
    ['/jobs', 'No job is deployed'],
    ['/tables', 'No table exists'],
    ['/feeds', 'No table is published'],
    ['/dashboards', 'No dashboard is declared'],
    ['/events?show=rejected', 'No event was rejected'],
  ] as const) {
    it(`says at ${path} of a new project what to do next`, async () => {
      app.server.isEmpty = true
      await using watched = await app.open(path)
      await watched.page.getByText(text).waitFor()
      await keepScreenshot(watched.page, `empty${path.replace(/\W+/g, '-')}`)
      assert.deepEqual(watched.problems, [])
    })
  }

  for (const [path, text] of [
    ['/jobs/bookstore/nothing', 'There is no job "nothing"'],
    ['/runs/018f3c2e-0000-7b00-8000-000000000000', 'There is no run'],
    ['/tables/no.such', 'There is no table "no.such"'],
    ['/feeds/no.such', 'There is no feed "no.such"'],
    ['/dashboards/none', 'There is no dashboard "none"'],
  ] as const) {
    it(`says at ${path} that it does not exist`, async () => {
      await using watched = await app.open(path)
      await watched.page.getByRole('alert').getByText(text).waitFor()
    })
  }
})
