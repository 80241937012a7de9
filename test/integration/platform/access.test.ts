import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { createApiClient } from '../../../src/cli/index.ts'
import {
  makeProject,
  startPlatformProcess,
  until,
  type PlatformProcess,
} from '../../support/platform-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const config = `import { app, job, manual, sql, table } from 'nacre'
const out = table('x.out', { columns: { n: 'long' } })
export default app('x', { team: 'red', jobs: [
  job('fill', { trigger: manual(), writes: { out }, async run({ writes }) { await writes.out.append(sql\`select 1 as n\`) } }),
  job('shows', { trigger: manual(), retries: { limit: 0 }, command: 'env' }),
] })
`

/** Routes that anybody may call: signing in, and what probes ask. The attempt protocol has tokens of its own. */
const open = [/^\/session$/, /^\/openapi\.json$/, /^\/attempts\//]

describe('who may do what', () => {
  const folder = tempFolder()
  let platform: PlatformProcess
  const tokenOf = async (role: string, team: string | null): Promise<string> =>
    (
      await platform.api.send<{ token: string }>('POST', 'tokens', {
        name: `${role}-${team ?? 'all'}`,
        role,
        team,
      })
    ).token
  const status = async (
    method: string,
    path: string,
    { token, body }: { token?: string; body?: unknown } = {},
  ): Promise<number> => {
    const response = await fetch(`${platform.api.url}/api/v1/${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    await response.body?.cancel()
    return response.status
  }
  before(async () => {
    await makeProject(folder.path, { 'nacre.config.ts': config })
    platform = await startPlatformProcess(folder.path, {
      environment: { SECRET_OF_THE_PLATFORM: 'hush', JOB_GREETING: 'hello' },
    })
  })
  after(async () => {
    await platform[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  test('without a token nothing of the API answers', async () => {
    const { paths } = await platform.api.get<{ paths: Record<string, Record<string, unknown>> }>(
      'openapi.json',
    )
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ path: path.replace(/^\/api\/v1/, ''), method })),
    )
    assert.ok(routes.length > 20, `only ${routes.length} routes are described`)
    for (const { path, method } of routes.filter(
      (route) => !open.some((pattern) => pattern.test(route.path)),
    )) {
      const address = path
        .replaceAll(/\{(id)\}/g, '00000000-0000-7000-8000-000000000000')
        .replaceAll(/\{index\}/g, '0')
        .replaceAll(/\{\w+\}/g, 'x')
        .slice(1)
      const answer = await status(
        method.toUpperCase(),
        address,
        method === 'get' || method === 'delete' ? {} : { body: bodyFor(path) },
      )
      assert.ok([401, 404, 415].includes(answer) && answer !== 200, `${method} ${path} answered ${answer}`)
    }
  })

  test('a viewer reads, and changes nothing', async () => {
    const token = await tokenOf('viewer', null)
    for (const path of ['jobs', 'tables', 'runs', 'overview', 'feeds', 'dashboards'])
      assert.equal(await status('GET', path, { token }), 200, path)
    assert.equal(await status('POST', 'jobs/x/fill/run', { token, body: {} }), 403)
    assert.equal(await status('POST', 'jobs/x/fill/pause', { token, body: { paused: true } }), 403)
    assert.equal(await status('POST', 'tokens', { token, body: { name: 'mine', role: 'admin' } }), 403)
    assert.equal(await status('POST', 'write-keys', { token, body: { name: 'mine' } }), 403)
    assert.equal(await status('GET', 'tokens', { token }), 403)
  })

  test("an editor runs the own team's jobs, not another's", async () => {
    assert.equal(
      await status('POST', 'jobs/x/fill/run', { token: await tokenOf('editor', 'blue'), body: {} }),
      403,
    )
    assert.equal(
      await status('POST', 'jobs/x/fill/run', { token: await tokenOf('editor', 'red'), body: {} }),
      200,
    )
    assert.equal(await status('GET', 'tokens', { token: await tokenOf('editor', 'green') }), 403)
  })

  test('a write key reads nothing, a revoked token is nobody', async () => {
    assert.equal(await status('GET', 'tables', { token: platform.writeKey }), 401)
    const token = await tokenOf('viewer', 'gone')
    assert.equal(await status('GET', 'tables', { token }), 200)
    await platform.api.send('DELETE', 'tokens/viewer-gone')
    assert.equal(await status('GET', 'tables', { token }), 401)
  })

  test('a sign-in link works once, and its session until it is closed', async () => {
    const { url } = await platform.api.send<{ url: string }>('POST', 'sign-in-links', {})
    const code = new URL(url).searchParams.get('code')!
    const open = (): Promise<Response> =>
      fetch(`${platform.api.url}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      })
    const first = await open()
    const cookie = first.headers.get('set-cookie')!
    assert.match(cookie, /HttpOnly; SameSite=Strict/)
    assert.equal((await open()).status, 401)
    const me = await fetch(`${platform.api.url}/api/v1/session`, {
      headers: { cookie: cookie.split(';')[0]! },
    })
    assert.equal(((await me.json()) as { role: string }).role, 'admin')
  })

  test("a command job sees its own token and the variables meant for it, not the platform's", async () => {
    const run = await platform.run('shows')
    const log = await until(async () => {
      const { lines } = await platform.api.get<{ lines: { message: string }[] }>(`runs/${run.id}/logs`)
      const text = lines.map(({ message }) => message).join('\n')
      return text.includes('NACRE_TOKEN=') ? text : null
    })
    assert.match(log, /^JOB_GREETING=hello$/m)
    assert.doesNotMatch(log, /SECRET_OF_THE_PLATFORM/)
    const token = /^NACRE_TOKEN=(\S+)$/m.exec(log)![1]!
    assert.equal(await status('GET', 'tables', { token }), 401, "an attempt's token is no person's")
    const other = await platform.run('fill')
    const stranger = createApiClient(platform.api.url, token)
    await assert.rejects(
      stranger.send('POST', `attempts/${other.attempts[0]!.id}/claim`, {}),
      /does not belong to attempt/,
    )
    const rows = await platform.sql('select count(*) from x.out')
    const late = { changes: [{ kind: 'replace', table: 'x.out', files: [] }] }
    await stranger.send('POST', `attempts/${run.attempts[0]!.id}/complete`, late)
    assert.deepEqual(
      await platform.sql('select count(*) from x.out'),
      rows,
      'an attempt that is over writes nothing',
    )
  })

  test('SQL reaches the tables and nothing else', async () => {
    assert.equal((await platform.run('fill')).state, 'succeeded')
    assert.ok(Number((await platform.sql('select count(*) from x.out'))[0]![0]) > 0)
    for (const sql of [
      "select * from read_csv('/etc/passwd')",
      "select getenv('HOME')",
      "copy (select 1) to '/tmp/x'",
      "attach '/tmp/x.db'",
      'select 1; select 2',
      'select * from x.nothing',
    ]) {
      await assert.rejects(
        platform.sql(sql),
        (error: { code?: string }) =>
          ['NACRE_SQL', 'NACRE_INPUT', 'NACRE_NOT_FOUND'].includes(error.code ?? ''),
        sql,
      )
    }
  })

  test('every answer has the one shape of errors and the headers of safety', async () => {
    const base = platform.api.url
    const malformed = await fetch(`${base}/api/v1/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"sql":',
    })
    assert.equal(malformed.status, 400)
    assert.equal(((await malformed.json()) as { error: { code: string } }).error.code, 'NACRE_INPUT')
    // Refused by its announced length, before a byte of it is sent.
    const announced = request(`${base}/api/v1/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 5_000_000 },
    })
    announced.flushHeaders()
    const [large] = (await once(announced, 'response')) as [IncomingMessage]
    assert.equal(large.statusCode, 413)
    announced.on('error', () => undefined).destroy()
    const unknown = await fetch(`${base}/api/v1/nothing`)
    assert.equal(unknown.status, 404)
    assert.equal(((await unknown.json()) as { error: { code: string } }).error.code, 'NACRE_NOT_FOUND')
    for (const path of ['/', '/api/v1/nothing', '/ping']) {
      const { headers } = await fetch(base + path)
      assert.match(headers.get('content-security-policy') ?? '', /script-src 'self'/, path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
    }
    for (const path of ['..%2f..%2fadmin-token', '%2e%2e', 'a%00b']) {
      const answer = await fetch(`${base}/api/v1/feeds/x.out/1/${path}`, {
        headers: { authorization: `Bearer ${await tokenOfAdmin()}` },
      })
      assert.ok([400, 404].includes(answer.status), `${path} answered ${answer.status}`)
    }
  })

  const tokenOfAdmin = async (): Promise<string> =>
    (
      await platform.api.send<{ token: string }>('POST', 'tokens', {
        name: `t${Math.round(performance.now() * 1000)}`,
        role: 'admin',
        team: null,
      })
    ).token

  /** A body that passes the route's schema, so that it is the missing token that is complained of. */
  function bodyFor(path: string): unknown {
    if (path.endsWith('/sql')) return { sql: 'select 1' }
    if (path.endsWith('/pause')) return { paused: true }
    if (path.includes('/tiles/')) return { filters: {} }
    if (path.endsWith('/erasures')) return { user: 'x' }
    if (path.endsWith('/tags')) return { tag: 'x' }
    if (path.includes('/readers/')) return { snapshotId: '1' }
    if (path.endsWith('/tokens')) return { name: 'x', role: 'admin' }
    if (path.endsWith('/write-keys')) return { name: 'x' }
    return {}
  }
})
