import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import type { LogPage, RunInfo } from '../../../src/server/contract.ts'
import {
  makeProject,
  nacre,
  startPlatformProcess,
  until,
  type PlatformProcess,
} from '../../support/platform-process.ts'
import { freePort } from '../../support/postgres-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import {
  booksProject,
  countByDay,
  dailyOpens,
  landedIds,
  settled,
  startFeedReceiver,
  startSending,
} from './books-project.ts'

const empty = { 'nacre.config.ts': "import { app } from 'nacre'\nexport default app('empty', {})\n" }

test('a second start on the same folder is refused and names the first; once that was killed, the folder is free', async () => {
  await using folder = tempFolder()
  await makeProject(folder.path, empty)
  await using first = await startPlatformProcess(folder.path)
  const refused = await nacre(folder.path, ['up', '--port', '0', '--collector-port', '0'])
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, new RegExp(`already runs on .*, as process ${first.pid}\\b`))
  assert.match(refused.stderr, /--state-folder/)
  await first.api.get('overview')
  await first.kill('SIGKILL')
  await using second = await startPlatformProcess(folder.path)
  await second.api.get('overview')
})

test('a taken port is told with its number and the flag', async () => {
  await using folder = tempFolder()
  await makeProject(folder.path, empty)
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  for (const [flag, free] of [
    ['--port', '--collector-port'],
    ['--collector-port', '--port'],
  ] as const) {
    const { code, stderr } = await nacre(folder.path, ['up', flag, String(port), free, '0'])
    assert.equal(code, 6, stderr)
    assert.match(stderr, new RegExp(`Port ${port} of 127\\.0\\.0\\.1 is taken .* ${flag}\\.`))
  }
  other.close()
})

describe('a wrong setting is told with its source, its value and what is accepted', () => {
  const cases: readonly {
    source: string
    args?: readonly string[]
    environment?: Readonly<Record<string, string>>
    file?: string
    says: readonly RegExp[]
  }[] = [
    { source: 'flag', args: ['--port', '70000'], says: [/flag --port/, /'70000'/, /from 0 to 65535/] },
    {
      source: 'environment',
      environment: { NACRE_JOB_MEMORY: 'plenty' },
      says: [/variable NACRE_JOB_MEMORY/, /'plenty'/, /MiB/],
    },
    {
      source: 'file',
      file: '{ "logLevel": "loud" }',
      says: [/key logLevel of nacre\.settings\.json/, /'loud'/, /debug, info, warn/],
    },
    { source: 'unknown key of the file', file: '{ "prot": 1 }', says: [/unknown key 'prot'/, /port/] },
    { source: 'file that is no JSON', file: '{ port: 1 }', says: [/nacre\.settings\.json is not JSON/] },
    { source: 'duration', environment: { NACRE_QUERY_TIMEOUT: '60' }, says: [/NACRE_QUERY_TIMEOUT/, /'60'/] },
    { source: 'unknown flag', args: ['--prot', '1'], says: [/--prot/, /nacre up --help/] },
  ]
  for (const { source, args = [], environment = {}, file, says } of cases) {
    test(source, async () => {
      await using folder = tempFolder()
      await makeProject(folder.path, {
        ...empty,
        ...(file === undefined ? {} : { 'nacre.settings.json': file }),
      })
      const result = await nacre(folder.path, ['up', ...args], environment)
      assert.equal(result.code, 2, result.stderr)
      for (const pattern of says) assert.match(result.stderr, pattern)
      assert.doesNotMatch(result.stderr, /^ +at /m, 'no stack for a wrong setting')
    })
  }
})

describe('a platform that is stopped and started again', () => {
  const runsOf = (platform: PlatformProcess): Promise<readonly RunInfo[]> =>
    platform.api.get<readonly RunInfo[]>('runs?limit=500')

  /** Starts a job and waits until it says so. */
  const begin = async (platform: PlatformProcess, job: string): Promise<RunInfo> => {
    const { run } = await platform.api.send<{ run: RunInfo }>('POST', `jobs/books/${job}/run`, {})
    await until(async () => {
      const { lines } = await platform.api.get<LogPage>(`runs/${run.id}/logs`)
      return lines.some(({ message }) => message === 'begun') || null
    })
    return run
  }

  test('goes on where it was: nothing acknowledged is lost, nothing done is done again', async () => {
    await using folder = tempFolder()
    await makeProject(folder.path, booksProject)
    await using receiver = await startFeedReceiver()
    const collectorPort = String(await freePort())
    const start = (): Promise<PlatformProcess> =>
      startPlatformProcess(folder.path, {
        environment: receiver.environment,
        args: ['--collector-port', collectorPort],
      })
    const url = `http://127.0.0.1:${collectorPort}`

    await using first = await start()
    const { writeKey } = first
    const early = startSending({ name: 'early', url, writeKey, days: ['2026-03-01', '2026-03-02'] })
    await until(async () => early.acked.size > 50 || null)
    await early.stop()
    await settled(first)
    const done = await runsOf(first)
    assert.deepEqual(await dailyOpens(first), countByDay(early.acked.values()))
    const { token } = await first.api.send<{ token: string }>('POST', 'tokens', {
      name: 'ci',
      role: 'viewer',
    })
    const { url: link } = await first.api.send<{ url: string }>('POST', 'sign-in-links')
    const signedIn = await fetch(`${first.api.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: new URL(link).searchParams.get('code') }),
    })
    const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!

    // Stopped while jobs run and events arrive.
    const running = [await begin(first, 'patient'), await begin(first, 'stubborn')]
    const late = startSending({ name: 'late', url, writeKey, days: ['2026-03-02', '2026-03-03'] })
    await until(async () => late.acked.size > 50 || null)
    const { code, tookMs } = await first.kill('SIGTERM')
    assert.equal(code, 0, first.output())
    assert.ok(tookMs < 5000, `took ${tookMs} ms`)

    await using second = await start()
    const before = late.acked.size
    await until(async () => late.acked.size > before + 20 || null)
    await late.stop()
    await settled(second)
    assert.match(second.output(), /app books: unchanged/)
    const acked = new Map([...early.acked, ...late.acked])
    assert.deepEqual(await landedIds(second), [...acked.keys()].toSorted())
    assert.deepEqual(await dailyOpens(second), countByDay(acked.values()))

    const now = await runsOf(second)
    for (const run of done)
      assert.deepEqual(
        now.find(({ id }) => id === run.id),
        run,
      )
    const doneIds = new Set(done.map(({ id }) => id))
    const again = now.filter(
      ({ id, job, slots }) => !doneIds.has(id) && job === 'count' && slots.includes('2026-03-01'),
    )
    assert.deepEqual(again, [], 'a day without new events is not counted again')
    for (const { id } of running) {
      const run = now.find((each) => each.id === id)!
      assert.equal(run.state, 'succeeded', JSON.stringify(run))
      assert.deepEqual(
        run.attempts.map(({ state }) => state),
        ['lost', 'succeeded'],
      )
    }

    const asking = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${second.api.url}/api/v1/session`, { headers })
    assert.equal(((await (await asking({ cookie })).json()) as { name: string }).name, 'admin')
    const { name } = (await (await asking({ authorization: `Bearer ${token}` })).json()) as { name: string }
    assert.equal(name, 'ci')

    const ids = receiver.notifications().map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length, 'a clean stop repeats no notification')
    const [feed] = await second.api.get<readonly { latest: { snapshotId: string } }[]>('feeds')
    assert.ok(ids.at(-1)!.endsWith(`:${feed!.latest.snapshotId}`))
  })
})
