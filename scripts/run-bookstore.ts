import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiClient, type ApiClient } from '../src/cli/index.ts'
import type { FeedInfo, JobInfo, Overview, RunInfo, TableList } from '../src/server/contract.ts'
import { buildWeb } from './build-web.ts'
import { startChild, type Child } from './child.ts'

/** What `npm start` was asked for. */
export interface BookstoreOptions {
  readonly once: boolean
  readonly dev: boolean
  readonly readers?: string | undefined
  readonly days?: string | undefined
  readonly seed?: string | undefined
  readonly signal: AbortSignal
}

const root = fileURLToPath(new URL('..', import.meta.url))
const project = join(root, 'examples/bookstore')
const state = process.env['NACRE_STATE_FOLDER'] ?? join(project, '.nacre')
const node = process.execPath

/** What the simulator prints at its end. */
interface Simulated {
  readonly totals: {
    readonly distinct: number
    readonly good: Readonly<Record<string, number>>
    readonly rejected: Readonly<Record<string, number>>
  }
  readonly traffic: { readonly acknowledged: number; readonly duplicates: number }
}

/** Walks the whole way; resolves to the exit code. Throws an Error telling which step did not happen. */
export async function runBookstore(options: BookstoreOptions): Promise<number> {
  const { signal } = options
  const startedAt = performance.now()
  const steps: { readonly name: string; readonly seconds: number }[] = []
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const from = performance.now()
    const result = await work()
    signal.throwIfAborted()
    const seconds = (performance.now() - from) / 1000
    steps.push({ name, seconds })
    console.log(`✓ ${name} (${seconds.toFixed(1)} s)`)
    return result
  }

  await mkdir(state, { recursive: true })
  const secret = await webhookSecret()
  const homePort = process.env['HOME_PORT'] ?? '4610'
  const environment = {
    ...process.env,
    NACRE_STATE_FOLDER: state,
    HOME_WEBHOOK_URL: `http://127.0.0.1:${homePort}/ready`,
    HOME_SECRET: secret,
    HOME_PORT: homePort,
  }

  await step('web app built', async () => (await buildWeb())[Symbol.asyncDispose]())

  const address = join(state, 'server.json')
  await using platform = startChild(
    node,
    ['src/bin/nacre.ts', options.dev ? 'dev' : 'up', '--project', project],
    { cwd: root, env: environment },
    (line) => console.log(line),
  )
  const api = await step('platform up, app deployed', () => connect(address, platform, signal))

  await using _home = await step('downstream Home service up', async () => {
    const home = startChild(
      node,
      ['services/home/server.ts'],
      {
        cwd: project,
        env: {
          ...environment,
          HOME_TOKEN: await serviceToken(api),
          HOME_FOLDER: join(state, 'home'),
        },
      },
      (line) => console.log(`  home: ${line}`),
    )
    await answers(`http://127.0.0.1:${homePort}/`, home, signal)
    return home
  })

  const simulated = await step('events sent and acknowledged', () => simulate(options, environment, signal))
  await step('events landed', () => landed(api, simulated, signal))
  await step('jobs done', () => jobsDone(api, signal))
  const feeds = await step('feeds published and taken', () => feedsTaken(api, signal))
  const reader = await step("a reader's Home served downstream", () => readersHome(api, homePort))

  await summary({
    api,
    simulated,
    steps,
    feeds,
    reader,
    homePort,
    seconds: (performance.now() - startedAt) / 1000,
  })
  if (options.once) {
    await platform[Symbol.asyncDispose]()
    return 0
  }
  console.log('\nRunning until Ctrl-C. Starting again continues from here.')
  await Promise.race([
    platform.exited,
    new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
  ])
  if (!signal.aborted)
    throw new Error(
      `The platform ended by itself (exit code ${await platform.exited}); its last words are above.`,
    )
  return 0
}

/** Kept, so that the Home service accepts what an earlier start has queued. */
async function webhookSecret(): Promise<string> {
  const path = join(state, 'home-webhook-secret')
  if (existsSync(path)) return (await readFile(path, 'utf8')).trim()
  const secret = randomBytes(32).toString('base64url')
  await writeFile(path, secret, { mode: 0o600 })
  return secret
}

async function connect(addressPath: string, platform: Child, signal: AbortSignal): Promise<ApiClient> {
  for (;;) {
    signal.throwIfAborted()
    const ended = await Promise.race([platform.exited.then((code) => ({ code })), sleep(50, null)])
    if (ended !== null)
      throw new Error(`The platform did not start (exit code ${ended.code}); the reason is above.`)
    if (!existsSync(addressPath) || !platform.lines.some((line) => line.includes('web UI'))) continue
    const { apiUrl } = JSON.parse(await readFile(addressPath, 'utf8')) as { apiUrl: string }
    return createApiClient(apiUrl, (await readFile(join(state, 'admin-token'), 'utf8')).trim())
  }
}

/** A token for the Home service, which reads feeds and nothing else. */
async function serviceToken(api: ApiClient): Promise<string> {
  const tokens = await api.get<readonly { readonly name: string }[]>('tokens')
  if (tokens.some(({ name }) => name === 'home-service')) await api.send('DELETE', 'tokens/home-service')
  return (
    await api.send<{ token: string }>('POST', 'tokens', { name: 'home-service', role: 'viewer', team: null })
  ).token
}

async function answers(url: string, child: Child, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    if ((await Promise.race([child.exited.then(() => true), sleep(50, false)])) === true)
      throw new Error('The Home service did not start; the reason is above.')
    try {
      await fetch(url)
      return
    } catch {
      // not listening yet
    }
  }
}

async function simulate(
  { readers, days, seed, signal }: BookstoreOptions,
  environment: NodeJS.ProcessEnv,
  _signal: AbortSignal,
): Promise<Simulated> {
  const { collectorUrl } = JSON.parse(await readFile(join(state, 'server.json'), 'utf8')) as {
    collectorUrl: string
  }
  const writeKey = (await readFile(join(state, 'write-key'), 'utf8')).trim()
  const size = Object.entries({ readers, days, seed }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  )
  await using child = startChild(
    node,
    [
      'simulator/run.ts',
      '--collector',
      collectorUrl,
      '--write-key',
      writeKey,
      '--state',
      join(state, 'simulator.json'),
      '--json',
      ...size,
    ],
    { cwd: project, env: environment },
    (line) => (line.startsWith('{') ? undefined : console.log(`  ${line}`)),
  )
  const code = await Promise.race([
    child.exited,
    new Promise<number>((resolve) => signal.addEventListener('abort', () => resolve(130), { once: true })),
  ])
  signal.throwIfAborted()
  if (code !== 0) throw new Error(`The simulator failed (exit code ${code}); the reason is above.`)
  return JSON.parse(child.lines.findLast((line) => line.startsWith('{'))!) as Simulated
}

/** Nothing that was acknowledged waits in the log, and no fewer events are in tables than were sent now. */
async function landed(api: ApiClient, { totals }: Simulated, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + 120_000
  for (;;) {
    signal.throwIfAborted()
    const { events } = await api.get<Overview>('overview')
    // Also what an earlier, interrupted start had sent counts: sent again it lands once.
    if (events.backlogBytes === 0 && events.landed + events.rejected >= totals.distinct) return
    if (Date.now() > deadline) {
      throw new Error(
        `Of ${totals.distinct} distinct events only ${events.landed + events.rejected} have landed after 2 minutes; ${events.backlogBytes} bytes still wait. See 'npx nacre doctor' and 'npx nacre events rejected'.`,
      )
    }
    await sleep(200)
  }
}

/** No job is due, queued or running, and each that could run has succeeded. */
async function jobsDone(api: ApiClient, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + 300_000
  for (;;) {
    signal.throwIfAborted()
    const jobs = (await api.get<readonly JobInfo[]>('jobs')).filter(({ app }) => app === 'bookstore')
    const failed = jobs.find(({ lastRun }) => lastRun?.state === 'failed')
    if (failed !== undefined)
      throw new Error(
        `Job ${failed.job.name} failed: ${failed.lastRun!.error?.message ?? 'no reason was given'}\nSee: npx nacre logs ${failed.job.name} --project examples/bookstore`,
      )
    const busy = jobs.filter(
      ({ due, lastRun }) => due > 0 || ['queued', 'running', 'retrying'].includes(lastRun?.state ?? ''),
    )
    if (busy.length === 0) return
    if (Date.now() > deadline)
      throw new Error(
        `These jobs were not done after 5 minutes: ${busy.map(({ job, waitingFor }) => `${job.name} (${waitingFor ?? 'running'})`).join(', ')}.`,
      )
    await sleep(200)
  }
}

async function feedsTaken(api: ApiClient, signal: AbortSignal): Promise<readonly FeedInfo[]> {
  const deadline = Date.now() + 60_000
  for (;;) {
    signal.throwIfAborted()
    const feeds = await api.get<readonly FeedInfo[]>('feeds')
    const waiting = feeds.filter(({ latest, pending }) => latest === null || pending > 0)
    if (feeds.length > 0 && waiting.length === 0) return feeds
    if (Date.now() > deadline) {
      const reasons = waiting.map(
        ({ table, routes }) =>
          `${table} (${routes.map(({ failing }) => failing).find((reason) => reason !== null) ?? 'not yet exported'})`,
      )
      throw new Error(
        `These feeds were not delivered after a minute: ${reasons.join(', ') || 'there is none'}.`,
      )
    }
    await sleep(200)
  }
}

async function readersHome(api: ApiClient, homePort: string): Promise<string> {
  const { rows } = await api.send<{ rows: readonly (readonly [string])[] }>('POST', 'sql', {
    sql: 'select reader from recommend.home_shelf group by reader order by count(*) desc, reader limit 1',
    limit: 1,
  })
  const reader = rows[0]?.[0]
  if (reader === undefined) throw new Error('recommend.home_shelf is empty: no reader has a Home.')
  const response = await fetch(`http://127.0.0.1:${homePort}/home/${encodeURIComponent(reader)}`, {
    headers: { accept: 'application/json' },
  })
  if (!response.ok)
    throw new Error(
      `The Home service answered ${response.status} for reader ${reader}: ${await response.text()}`,
    )
  return reader
}

interface Summary {
  readonly api: ApiClient
  readonly simulated: Simulated
  readonly steps: readonly { readonly name: string; readonly seconds: number }[]
  readonly feeds: readonly FeedInfo[]
  readonly reader: string
  readonly homePort: string
  readonly seconds: number
}

async function summary({ api, simulated, steps, feeds, reader, homePort, seconds }: Summary): Promise<void> {
  const [{ tables }, runs, overview, link] = await Promise.all([
    api.get<TableList>('tables'),
    api.get<readonly RunInfo[]>('runs?limit=500'),
    api.get<Overview>('overview'),
    api.send<{ url: string }>('POST', 'sign-in-links', {}),
  ])
  const number = (value: number): string => value.toLocaleString('en-US')
  const { distinct } = simulated.totals
  const { acknowledged } = simulated.traffic
  const slowest = steps.toSorted((a, b) => b.seconds - a.seconds)[0]!
  const width = Math.max(...tables.map(({ name }) => name.length))
  console.log(
    `\nThe whole way was walked in ${seconds.toFixed(1)} s; slowest step: ${slowest.name} (${slowest.seconds.toFixed(1)} s).\n`,
  )
  console.log(
    `  events   ${number(distinct)} sent, ${number(acknowledged)} acknowledged (${number(acknowledged - distinct)} of them repeats), ${number(overview.events.landed)} landed, ${number(overview.events.rejected)} rejected`,
  )
  console.log(
    `  jobs     ${number(runs.filter(({ state: ended }) => ended === 'succeeded').length)} runs succeeded, ${number(runs.filter(({ state: ended }) => ended === 'failed').length)} failed`,
  )
  for (const { name, rows } of tables)
    console.log(`  table    ${name.padEnd(width)}  ${number(rows).padStart(9)} rows`)
  for (const { table, latest, routes } of feeds) {
    console.log(
      `  feed     ${table}: ${number(latest!.rows)} rows at snapshot ${latest!.snapshotId}, to ${routes.map(({ route, delivered }) => `${route} (${delivered} delivered)`).join(', ')}`,
    )
  }
  console.log(`\n  web UI   ${link.url}   (signs in once)`)
  console.log(`  a Home   http://127.0.0.1:${homePort}/home/${reader}`)
}
