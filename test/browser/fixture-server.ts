import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type {
  ChangedEvent,
  DoctorReport,
  ErrorJson,
  FilterValues,
  JobDetail,
  LogPage,
  Overview,
  RunAnswer,
  RunInfo,
  RunRequest,
  SessionInfo,
  SqlAnswer,
} from '../../src/server/contract.ts'
import { dashboards, suggestions, tileAnswer } from './fixtures/bookstore-dashboards.ts'
import { failedRun, jobs, liveRun, logLines, noise, now, runs } from './fixtures/bookstore-jobs.ts'
import { feedDetailOf, feeds } from './fixtures/bookstore-feeds.ts'
import { event, preview, recentEvents, rejected, tables } from './fixtures/bookstore-tables.ts'
import { tableDetail, tableList, tableParts } from './fixtures/table-answers.ts'

/** What the web app may load: nothing but its own files. */
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"

/** A stand-in for the server: it answers the contract with a bookstore that stands still, so pages can be tested alone. */
export interface FixtureServer extends AsyncDisposable {
  readonly url: string
  /** A project in which nothing has happened yet. */
  isEmpty: boolean
  /** What was posted, newest last: `POST jobs/…` and its body. */
  readonly posts: readonly { readonly path: string; readonly body: unknown }[]
  /** Sends a `changed` event to every page. */
  change(event: ChangedEvent): void
  /** Breaks every connection and refuses new ones, as a stopped server does; `start` takes the same port again. */
  stop(): Promise<void>
  start(): Promise<void>
}

class Refusal extends Error {
  readonly status: number
  readonly json: ErrorJson

  constructor(status: number, json: ErrorJson) {
    super(json.message)
    this.status = status
    this.json = json
  }
}

const session: SessionInfo = {
  name: 'ada',
  role: 'admin',
  team: null,
  project: 'bookstore',
  version: '0.1.0',
}

/** Serves `webFolder` and the API on a port of its own. */
export async function startFixtureServer(webFolder: string): Promise<FixtureServer> {
  const posts: { path: string; body: unknown }[] = []
  const listeners = new Set<ServerResponse>()
  const server = createServer((incoming, response) => {
    void answer(incoming, response).catch((error: unknown) => {
      const refusal =
        error instanceof Refusal
          ? error
          : new Refusal(500, { code: 'NACRE_INTERNAL', message: String(error) })
      response.writeHead(refusal.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: refusal.json }))
    })
  })
  let port = 0
  const fixture: FixtureServer = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    isEmpty: false,
    posts,
    change(change) {
      for (const listener of listeners) send(listener, 'changed', change)
    },
    start: () =>
      new Promise((resolve) => {
        server.listen(port, '127.0.0.1', () => {
          port = (server.address() as AddressInfo).port
          resolve()
        })
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    [Symbol.asyncDispose]: () => fixture.stop(),
  }
  await fixture.start()
  return fixture

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('content-security-policy', policy)
    const url = new URL(incoming.url ?? '/', 'http://fixture')
    if (!url.pathname.startsWith('/api/v1/')) return serveFile(webFolder, url.pathname, response)
    const path = decodeURIComponent(url.pathname.slice('/api/v1/'.length))
    const body = incoming.method === 'POST' ? await readJson(incoming) : undefined
    if (incoming.method === 'POST') posts.push({ path, body })
    if (path !== 'session' && !isSignedIn(incoming)) throw notSignedIn()
    if (path === 'live' || path.endsWith('/live')) return stream(path, response)
    const json =
      path === 'session' ? await answerSession(incoming, response, body) : await answerApi(path, url, body)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(json))
  }

  function stream(path: string, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    response.write(': open\n\n')
    if (path === 'live') {
      listeners.add(response)
      response.on('close', () => listeners.delete(response))
    } else if (path === 'events/live') {
      let seed = 2000
      const timer = setInterval(() => send(response, 'event', event(seed++, now)), 200)
      response.on('close', () => clearInterval(timer))
    } else {
      streamLog(path.split('/')[1]!, response)
    }
  }

  async function answerApi(path: string, url: URL, body: unknown): Promise<unknown> {
    if (fixture.isEmpty && path in emptyAnswers) return emptyAnswers[path]
    for (const [pattern, handle] of routes) {
      const match = pattern.exec(path)
      if (match !== null) return handle(match.slice(1), { url, body })
    }
    throw new Refusal(404, { code: 'NACRE_NOT_FOUND', message: `There is no ${path}.` })
  }
}

function isSignedIn(incoming: IncomingMessage): boolean {
  return (incoming.headers.cookie ?? '').includes('nacre_session=open')
}

function notSignedIn(): Refusal {
  return new Refusal(401, { code: 'NACRE_NOT_SIGNED_IN', message: 'No valid token was sent.' })
}

async function answerSession(
  incoming: IncomingMessage,
  response: ServerResponse,
  body: unknown,
): Promise<unknown> {
  if (incoming.method === 'GET') {
    if (isSignedIn(incoming)) return session
    throw notSignedIn()
  }
  const { code, token } = (body ?? {}) as { code?: string; token?: string }
  if (incoming.method === 'POST' && code !== 'good' && token !== 'good') {
    throw new Refusal(401, {
      code: 'NACRE_NOT_SIGNED_IN',
      message:
        code === undefined
          ? 'No token like this is known here. Print one with: nacre tokens create.'
          : 'This sign-in link was used before, or is older than 10 minutes. Print a new one with: nacre sign-in.',
    })
  }
  const value = incoming.method === 'POST' ? 'open' : '; Max-Age=0'
  response.setHeader('set-cookie', `nacre_session=${value}; Path=/; HttpOnly; SameSite=Strict`)
  return {}
}

interface Asked {
  readonly url: URL
  readonly body: unknown
}

const routes: readonly (readonly [
  pattern: RegExp,
  handle: (parts: readonly string[], asked: Asked) => unknown,
])[] = [
  [/^overview$/, overview],
  [/^doctor$/, () => doctor],
  [/^jobs$/, () => jobs],
  [/^jobs\/bookstore\/([^/]+)$/, ([name]) => jobDetail(name!)],
  [/^jobs\/bookstore\/([^/]+)\/run$/, ([name], { body }) => runJob(name!, (body as RunRequest).days)],
  [/^jobs\/bookstore\/([^/]+)\/pause$/, () => ({})],
  [/^runs\/([^/]+)$/, ([id]) => runOf(id!)],
  [/^runs\/([^/]+)\/kill$/, ([id]): RunInfo => runOf(id!)],
  [/^tables$/, () => tableList],
  [/^tables\/([^/]+)$/, ([name]) => tableDetail(tableOf(name!))],
  [/^tables\/([^/]+)\/(refs|readers)\/([^/]+)$/, () => ({})],
  [
    /^tables\/([^/]+)\/(.+)$/,
    ([name, part], { url }) =>
      (tableParts[part!] ?? fail(missing('part', part!)))(tableOf(name!), url.searchParams),
  ],
  [/^sql$/, (_, { body }) => runSql((body as { sql: string }).sql)],
  [/^events\/recent$/, () => recentEvents],
  [/^events\/rejected$/, () => rejected],
  [/^feeds$/, () => feeds],
  [/^feeds\/([^/]+)$/, ([name]) => feedDetailOf(feedOf(name!))],
  [/^feeds\/([^/]+)\/replay$/, () => ({ snapshots: [], routes: [], exportedAgain: [] })],
  [
    /^dashboards$/,
    () =>
      dashboards.map(({ name, title, doc, team, tiles }) => ({
        name,
        title,
        doc: doc ?? null,
        team: team ?? null,
        tiles: tiles.length,
      })),
  ],
  [/^dashboards\/([^/]+)$/, ([name]) => dashboardOf(name!)],
  [/^dashboards\/([^/]+)\/suggestions$/, () => suggestions],
  [
    /^dashboards\/([^/]+)\/tiles\/(\d+)$/,
    ([name, index], { body }) => tile(name!, Number(index), (body as { filters: FilterValues }).filters),
  ],
]

function overview(): Overview {
  const perMinute = Array.from({ length: 60 }, (_, index) => ({
    at: new Date(now - (59 - index) * 60_000).toISOString(),
    landed: Math.round(1_900 + 700 * Math.sin(index / 9) + 500 * noise(index)),
    rejected: index > 44 && index < 52 ? Math.round(160 * noise(index)) : 0,
  }))
  return {
    runs: {
      succeeded: 214,
      failed: 3,
      running: runs.filter(({ state }) => state === 'running'),
      queued: 2,
      recent: runs.filter(({ state }) => state !== 'running').slice(0, 10),
      broken: [failedRun],
    },
    late: [
      {
        app: 'bookstore',
        job: 'weekly-retention',
        since: new Date(now - 75 * 60_000).toISOString(),
        why: 'The last attempt failed: the catalogue did not answer within 30 s. The next attempt starts in 2 min.',
      },
    ],
    events: {
      accepted: 1_561_204,
      landed: 1_559_880,
      rejected: 1_295,
      backlogBytes: 48_112,
      failing: null,
      perMinute,
    },
    tables: {
      count: tables.length,
      rows: tables.reduce((sum, { rows }) => sum + rows, 0),
      sizeBytes: tables.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
      recent: tables
        .flatMap(({ name, current }) => (current === null ? [] : [{ table: name, snapshot: current }]))
        .toSorted((left, right) => right.snapshot.committedAt.localeCompare(left.snapshot.committedAt))
        .slice(0, 8),
    },
    feeds: { published: 2, pending: 2, failing: 1 },
  }
}

const doctor: DoctorReport = {
  checks: [
    { name: 'Node', ok: true, found: '24.21.0', remedy: null },
    { name: 'State', ok: true, found: 'PGlite in .nacre/state, 14 MiB', remedy: null },
    { name: 'Isolation', ok: true, found: 'cgroup v2 with memory and cpu controllers', remedy: null },
    {
      name: 'Free disk',
      ok: false,
      found: '1.2 GiB of 40 GiB free at .nacre',
      remedy:
        'Free at least 4 GiB, or move the data with NACRE_DATA; below 1 GiB the collector refuses events.',
    },
  ],
}

const emptyAnswers: Readonly<Record<string, unknown>> = {
  overview: {
    runs: { succeeded: 0, failed: 0, running: [], queued: 0, recent: [], broken: [] },
    late: [],
    events: { accepted: 0, landed: 0, rejected: 0, backlogBytes: 0, failing: null, perMinute: [] },
    tables: { count: 0, rows: 0, sizeBytes: 0, recent: [] },
    feeds: { published: 0, pending: 0, failing: 0 },
  } satisfies Overview,
  jobs: [],
  tables: { tables: [], broken: [] },
  feeds: [],
  dashboards: [],
  'events/recent': [],
  'events/rejected': { reasons: [], rows: [] },
}

function jobDetail(name: string): JobDetail {
  const job = jobs.find((info) => info.job.name === name)
  if (job === undefined) throw missing('job', name)
  const writes = Object.values(job.job.writes)
  return {
    job,
    runs: runs.filter((one) => one.job === name),
    nextDueAts:
      job.nextDueAt === null
        ? []
        : Array.from({ length: 10 }, (_, index) =>
            new Date(Date.parse(job.nextDueAt!) + index * 86_400_000).toISOString(),
          ),
    upstream: job.job.trigger.kind === 'after' ? job.job.trigger.jobs : [],
    downstream: jobs
      .filter((other) => Object.values(other.job.reads).some((table) => writes.includes(table)))
      .map((other) => other.job.name),
  }
}

function runSql(sql: string): Promise<SqlAnswer> | SqlAnswer {
  if (sql.includes('slow')) return new Promise(() => {})
  if (!/^\s*select\b/i.test(sql)) {
    throw new Refusal(400, {
      code: 'NACRE_SQL',
      message: `Parser Error: syntax error at or near "${sql.split(' ')[0]}"\n\n${sql}\n^\nOnly statements that read are allowed here; write tables from a job.`,
    })
  }
  return preview(tableOf('metrics.engagement'), 250)
}

function tile(name: string, index: number, filters: FilterValues): unknown {
  const answer = tileAnswer(dashboardOf(name), index, filters)
  if (answer !== null) return answer
  throw new Refusal(400, {
    code: 'NACRE_MODEL_INVALID',
    message:
      "'by_hour' is not defined in engagement (bookstore.malloy, line 41).\nDeclare the view in the model, or change the tile's query; engagement has by_day, by_country, readers.",
  })
}

/** A late job's work has to wait. */
function runJob(name: string, days: readonly string[] = ['']): RunAnswer {
  return { due: days, run: jobDetail(name).job.late ? null : liveRun }
}

function runOf(id: string): RunInfo {
  return runs.find((run) => run.id === id) ?? fail(missing('run', id))
}

function tableOf(name: string) {
  return tables.find((table) => table.name === name) ?? fail(missing('table', name))
}

function feedOf(name: string) {
  return feeds.find((feed) => feed.table === name) ?? fail(missing('feed', name))
}

function dashboardOf(name: string) {
  return dashboards.find((dashboard) => dashboard.name === name) ?? fail(missing('dashboard', name))
}

function missing(kind: string, name: string): Refusal {
  return new Refusal(404, { code: 'NACRE_NOT_FOUND', message: `There is no ${kind} "${name}".` })
}

function fail(error: Error): never {
  throw error
}

function send(response: ServerResponse, type: string, data: unknown): void {
  response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
}

/** A finished run's log comes at once; a running one's goes on. */
function streamLog(runId: string, response: ServerResponse): void {
  const lines = logLines(runId)
  const page = (from: number, to: number): LogPage => ({
    attempt: 1,
    lines: lines.slice(from, to),
    done: false,
  })
  if (runId !== liveRun.id) {
    send(response, 'lines', page(0, lines.length))
    send(response, 'end', { attempt: 1, lines: [], done: true } satisfies LogPage)
    response.end()
    return
  }
  let sent = 60
  send(response, 'lines', page(0, sent))
  const timer = setInterval(() => send(response, 'lines', page(sent, ++sent)), 100)
  response.on('close', () => clearInterval(timer))
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as unknown)
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** Any address that is no file is a page of the app. */
async function serveFile(folder: string, path: string, response: ServerResponse): Promise<void> {
  const name = path.startsWith('/assets/') ? path : '/index.html'
  const bytes = await readFile(join(folder, name)).catch(() => null)
  if (bytes === null) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream' })
  response.end(bytes)
}
