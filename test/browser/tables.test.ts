import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { keepScreenshot, withoutChromium } from '../support/chromium.ts'
import { startWebApp, type WebApp } from './web-app.ts'

const engagement = '/tables/metrics.engagement'
const large = '/tables/events.reading_span'

describe('tables', { skip: withoutChromium }, () => {
  let app: WebApp
  before(async () => void (app = await startWebApp()))
  after(() => app[Symbol.asyncDispose]())

  /** Names of the tables, from top to bottom. */
  const namesOf = (page: Page): Promise<string[]> => page.locator('td.cell-main > a').allTextContents()

  it('are put in order by their headings, and the order stands in the address', async () => {
    await using watched = await app.open('/tables')
    const { page } = watched
    await page.getByRole('button', { name: 'Files' }).press('Enter')
    await page.waitForURL('**/tables?sort=files')
    assert.deepEqual((await namesOf(page)).slice(0, 2), ['events.reading_span', 'metrics.engagement'])
    assert.equal(
      await page.getByRole('columnheader', { name: 'Files' }).getAttribute('aria-sort'),
      'descending',
    )
    await page.getByRole('button', { name: 'Table' }).press('Enter')
    await page.waitForURL('**/tables')
    await page.getByRole('rowheader', { name: 'metrics' }).waitFor()
  })

  it('are found by name, column and owner', async () => {
    await using watched = await app.open('/tables')
    const { page } = watched
    await page.getByText('metrics.growth').waitFor()
    const search = async (text: string): Promise<string[]> => {
      await page.getByRole('searchbox').fill(text)
      return namesOf(page)
    }
    assert.deepEqual(await search('GROW'), ['metrics.growth'])
    assert.deepEqual(await search('furthest'), ['reading.progress'])
    assert.deepEqual(await search('ines@'), ['events.reading_span'])
    await search('nonsense')
    await page.getByText('No table, column or owner has “nonsense” in its name.').waitFor()
  })

  it('say which are late, and which cannot be read', async () => {
    await using watched = await app.open('/tables')
    const { page } = watched
    const late = page.getByRole('row', { name: 'metrics.growth' })
    await late.getByText('late by 2 h 25 min').waitFor()
    assert.equal(await page.getByText(/^late by/).count(), 1)
    const broken = page.getByRole('alert')
    await broken.getByText('metrics.old_funnel cannot be read').waitFor()
    assert.match((await broken.textContent())!, /00041-9f2c1d3e.*metadata\.json/)
  })

  it('show a side at a time, by keyboard, and the address leads back there', async () => {
    await using watched = await app.open(engagement)
    const { page } = watched
    await page.getByRole('tab', { name: 'Overview' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.waitForURL('**?view=columns')
    await page.keyboard.press('ArrowRight')
    await page.waitForURL('**?view=snapshots')
    await page.reload()
    await page.getByRole('tab', { name: 'Snapshots', selected: true }).waitFor()
    await page.goto(`${app.server.url}${engagement}`)
    await page.getByRole('link', { name: 'All 28 snapshots' }).click()
    await page.getByRole('tab', { name: 'Snapshots', selected: true }).waitFor()
  })

  it('open what a column holds', async () => {
    await using watched = await app.open(`${large}?view=columns`)
    const { page } = watched
    const device = page.getByRole('button', { name: 'device' })
    await device.press('Enter')
    assert.equal(await device.getAttribute('aria-expanded'), 'true')
    await page.getByRole('button', { name: 'screen' }).press('Enter')
    await page.getByText('In CSS pixels.').waitFor()
    await keepScreenshot(page, 'table-columns-open-light')
    await device.press('Enter')
    await page.getByText('In CSS pixels.').waitFor({ state: 'detached' })
  })

  it('are rolled back once what will happen was read', async () => {
    await using watched = await app.open(`${engagement}?view=snapshots`)
    const { page } = watched
    await page.getByRole('button', { name: 'What to do with snapshot 6184201934556120799' }).press('Enter')
    await page.getByRole('menuitem', { name: 'Roll back to it…' }).press('Enter')
    const dialog = page.getByRole('alertdialog', { name: 'Roll metrics.engagement back?' })
    await dialog.getByText('2,860 rows instead of 2,934 rows').waitFor()
    await dialog.getByText('Nothing is deleted').waitFor()
    await keepScreenshot(page, 'table-rollback-light', { fullPage: false })
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    assert.equal(app.server.posts.filter(({ path }) => path.endsWith('/rollback')).length, 0)
    await page.getByRole('button', { name: 'What to do with snapshot 6184201934556120799' }).press('Enter')
    await page.getByRole('menuitem', { name: 'Roll back to it…' }).press('Enter')
    await dialog.getByRole('button', { name: 'Roll back' }).press('Enter')
    await dialog.waitFor({ state: 'detached' })
    assert.deepEqual(app.server.posts.at(-1), {
      path: 'tables/metrics.engagement/rollback',
      body: { snapshotId: '6184201934556120799' },
    })
  })

  it('have states that are tagged, and tags that are dropped', async () => {
    await using watched = await app.open(`${engagement}?view=snapshots`)
    const { page } = watched
    await page.getByRole('button', { name: 'What to do with snapshot 6184201934556120799' }).click()
    await page.getByRole('menuitem', { name: 'Tag it…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Tag this snapshot' })
    await dialog.getByLabel('Name of the tag').fill('end-of-year')
    await keepScreenshot(page, 'table-tag-light', { fullPage: false })
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    assert.deepEqual(app.server.posts.at(-1), {
      path: 'tables/metrics.engagement/tags',
      body: { tag: 'end-of-year', snapshotId: '6184201934556120799' },
    })
    await page.getByRole('button', { name: 'What to do with snapshot 6184201934556120798' }).click()
    await page.getByRole('menuitem', { name: 'Drop the tag before-migration…' }).click()
    const dropped = page.waitForRequest((request) => request.method() === 'DELETE')
    await page.getByRole('button', { name: 'Drop the tag' }).click()
    assert.match((await dropped).url(), /refs\/before-migration$/)
  })

  it('offer viewers nothing that they may not do', async () => {
    await using watched = await app.open('/health')
    const { page } = watched
    await page.route('**/api/v1/session', (route) =>
      route.fulfill({
        json: { name: 'bob', role: 'viewer', team: null, project: 'bookstore', version: '0.1.0' },
      }),
    )
    await page.goto(`${app.server.url}${engagement}?view=snapshots`)
    await page.getByRole('button', { name: 'What to do with snapshot 6184201934556120799' }).click()
    await page.getByRole('menuitem', { name: 'Preview its rows' }).waitFor()
    assert.deepEqual(await page.getByRole('menuitem').allTextContents(), [
      'Preview its rows',
      'Read it from elsewhere',
      'Copy its id',
    ])
  })

  it('show their past', async () => {
    await using watched = await app.open(`${engagement}?view=snapshots`)
    const { page } = watched
    await page.getByRole('button', { name: 'What to do with snapshot 6184201934556120799' }).click()
    const asked = page.waitForRequest('**/preview?limit=100&snapshotId=6184201934556120799')
    await page.getByRole('menuitem', { name: 'Preview its rows' }).click()
    await asked
    await page.getByText('As it was 1 h ago').waitFor()
    await page.getByRole('link', { name: 'Show the current state' }).click()
    await page.getByText('As it was').waitFor({ state: 'detached' })
  })

  it('stay quick with 1,000 snapshots and 10,000 files: each list begins with a page', async () => {
    await using watched = await app.open(`${large}?view=snapshots`)
    const { page } = watched
    await page.getByText('30 of 1,000 snapshots').waitFor()
    await page.getByRole('button', { name: 'Show 30 more' }).press('Enter')
    await page.getByText('60 of 1,000 snapshots').waitFor()
    assert.equal(await page.locator('.snapshots tbody tr').count(), 60)
    await page.goto(`${app.server.url}${large}?view=files`)
    await page.getByText('25 of 400 partitions').waitFor()
    await page.getByRole('button', { name: 'started_at_day 2026-11-21' }).press('Enter')
    await page.getByText(/^20 of \d+ files$/).waitFor()
    await page.getByRole('button', { name: 'Average file' }).press('Enter')
    assert.equal(
      await page.getByRole('columnheader', { name: 'Average file' }).getAttribute('aria-sort'),
      'ascending',
    )
  })

  it('show how far registered readers are, and drop one that is gone', async () => {
    await using watched = await app.open(engagement)
    const { page } = watched
    const readers = page.getByRole('region', { name: 'Registered readers' })
    await readers.getByText('19 commits behind').waitFor()
    await readers.getByText('has read all of it').waitFor()
    await readers.getByRole('button', { name: 'Drop mailer' }).press('Enter')
    const dropped = page.waitForRequest((request) => request.method() === 'DELETE')
    await page.getByRole('button', { name: 'Drop it' }).press('Enter')
    assert.match((await dropped).url(), /readers\/mailer$/)
  })

  it('say what maintenance would do', async () => {
    await using watched = await app.open(`${large}?view=files`)
    const { page } = watched
    await page.getByRole('button', { name: 'What would be done now?' }).press('Enter')
    await page.getByText('Rewrite 214 files').waitFor()
    await page.getByText('A dry run: nothing was changed.').waitFor()
    await keepScreenshot(page, 'table-maintenance-light')
  })

  it('name every control, and nothing but the page scrolls sideways', async () => {
    await using watched = await app.open(engagement)
    const { page } = watched
    for (const view of ['overview', 'columns', 'snapshots', 'files', 'preview', 'connect']) {
      await page.goto(`${app.server.url}${large}?view=${view}`)
      await page.locator('.skeleton').first().waitFor({ state: 'detached' })
      const nameless =
        await page.evaluate(`[...document.querySelectorAll('main :is(button, a, input, select)')]
        .filter((control) => !(control.getAttribute('aria-label') || control.textContent.trim() || control.labels?.length))
        .map((control) => control.outerHTML)`)
      assert.deepEqual(nameless, [], view)
      const headless = await page.evaluate(
        `[...document.querySelectorAll('main th:not([scope])')].map((cell) => cell.outerHTML)`,
      )
      assert.deepEqual(headless, [], view)
    }
  })
})
