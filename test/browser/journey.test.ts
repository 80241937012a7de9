import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { buildWeb } from '../../scripts/build-web.ts'
import type { JobInfo, Overview } from '../../src/server/contract.ts'
import { keepScreenshot, launchChromium, openPage, withoutChromium } from '../support/chromium.ts'
import { startPlatformProcess, until } from '../support/platform-process.ts'
import { tempFolder } from '../support/temp-folder.ts'

const bookstore = resolve(import.meta.dirname, '../../examples/bookstore')

describe('a person at the running bookstore', { skip: withoutChromium, timeout: 300_000 }, () => {
  test('signs in by the link, reads a dashboard, follows a job to its log', async () => {
    if (!existsSync(resolve(import.meta.dirname, '../../web/dist/index.html')))
      await (await buildWeb())[Symbol.asyncDispose]()
    await using state = tempFolder()
    await using platform = await startPlatformProcess(bookstore, {
      args: ['--state-folder', state.path],
      environment: { HOME_WEBHOOK_URL: 'http://127.0.0.1:9/ready', HOME_SECRET: 'nobody listens' },
    })
    const simulator = spawn(
      process.execPath,
      [
        'simulator/run.ts',
        '--collector',
        platform.collectorUrl,
        '--write-key',
        platform.writeKey,
        '--readers',
        '40',
        '--days',
        '21',
        '--state',
        join(state.path, 'simulator.json'),
      ],
      { cwd: bookstore, stdio: ['ignore', 'ignore', 'inherit'] },
    )
    assert.deepEqual(await once(simulator, 'exit'), [0, null])
    await until(async () =>
      (await platform.api.get<Overview>('overview')).events.backlogBytes === 0 ? true : null,
    )
    await until(async () => {
      const jobs = await platform.api.get<readonly JobInfo[]>('jobs')
      const own = jobs.filter(({ app }) => app === 'bookstore')
      return own.every(({ due, lastRun }) => due === 0 && lastRun?.state === 'succeeded') ? true : null
    }, 240)

    await using browser = await launchChromium()
    await using watched = await openPage(browser, { viewport: { width: 1360, height: 900 } })
    const { page, problems } = watched
    const { url } = await platform.api.send<{ url: string }>('POST', 'sign-in-links', {})
    await page.goto(url)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.getByText('no job is broken').waitFor()
    await page.reload()
    await page.getByText('no job is broken').waitFor()
    await keepScreenshot(page, 'journey-1-overview')

    await page.getByRole('link', { name: 'Dashboards' }).first().click()
    await page.getByRole('link', { name: 'Engagement' }).click()
    await page.getByRole('heading', { name: 'Engagement' }).waitFor()
    const tile = page
      .getByRole('region', { name: 'Active readers by day' })
      .or(page.locator('section,article').filter({ hasText: 'Active readers by day' }))
      .first()
    await tile.locator('canvas, svg').last().waitFor()
    await page.getByText('Most read books').waitFor()
    await page.waitForLoadState('networkidle')
    await keepScreenshot(page, 'journey-2-dashboard')
    const shown = await page.locator('main').innerText()
    const [[readers]] = (await platform.sql(
      'select count(distinct reader) from reading.sessions where started_at >= now() - interval 400 days',
    )) as [[number]]
    assert.ok(readers > 5)
    assert.match(shown, /Active readers/)
    assert.doesNotMatch(shown, /could not be loaded/)

    await page.getByRole('link', { name: 'Jobs' }).first().click()
    await page.getByRole('link', { name: 'daily-engagement' }).first().click()
    await page.getByRole('heading', { name: 'daily-engagement' }).waitFor()
    await keepScreenshot(page, 'journey-3-job')
    await page.locator('main a[href^="/runs/"]').first().click()
    await page.waitForURL(/\/runs\//)
    await page.getByText('succeeded').first().waitFor()
    await keepScreenshot(page, 'journey-4-run')

    await page.goto(new URL('/jobs/bookstore/sitemap', page.url()).href)
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click()
    await page.waitForURL(/\/runs\//)
    await page
      .getByRole('log')
      .getByText(/sitemap\.txt has \d+ addresses/)
      .waitFor()
    assert.deepEqual(problems, [])
  })
})
