import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { runCli } from '../../../src/cli/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(
  args: readonly string[],
  {
    cwd = '/',
    environment = {},
    signal = new AbortController().signal,
    heard = () => {},
  }: {
    cwd?: string
    environment?: Readonly<Record<string, string>>
    signal?: AbortSignal
    heard?: (chunk: string) => void
  } = {},
): Promise<Ran> {
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const code = await runCli(args, {
    cwd,
    environment,
    stdout: { write: (chunk) => (stdout.push(chunk), heard(chunk)) },
    stderr: { write: (chunk) => stderr.push(chunk) },
    signal,
  })
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}

const job = (name: string, from: string | null): object => ({
  app: 'shop',
  job: {
    name,
    partitions: from === null ? null : { kind: 'day', from, perRun: 1 },
    trigger: { kind: 'manual' },
  },
})

/** A platform with two jobs; it tells which days were asked for, and what was sent to it. */
async function platform(
  answers: Readonly<Record<string, unknown>> = {},
): Promise<
  AsyncDisposable & { readonly environment: Readonly<Record<string, string>>; readonly days: string[] }
> {
  const days: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const path = request.url!.replace('/api/v1/', '')
      if (body !== '') days.push(...((JSON.parse(body) as { days?: string[] }).days ?? []))
      const known: Readonly<Record<string, unknown>> = {
        jobs: [job('daily', '2026-01-01'), job('plain', null)],
        'jobs/shop/daily/run': { due: days, run: null },
        'jobs/shop/plain/run': { due: [''], run: { id: 'r1' } },
        'events/recent?limit=20': [],
        ...answers,
      }
      if (path.endsWith('/live')) {
        const line = { at: '2026-01-05T10:00:00.000Z', stream: 'log', level: 'info', message: 'begun' }
        response.write(`event: lines\ndata: ${JSON.stringify({ lines: [line] })}\n\n`) // and no end
      } else response.end(JSON.stringify(known[path] ?? {}))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    environment: { NACRE_URL: `http://127.0.0.1:${port}`, NACRE_TOKEN: 'x' },
    days,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

test('without a command, and with --help, the commands are listed', async () => {
  for (const args of [[], ['--help'], ['-h'], ['help'], ['help', 'frobnicate']]) {
    const { code, stdout, stderr } = await run(args)
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^nacre: .*\n\nUsage: nacre <command>/)
    assert.match(stdout, /\n {2}backfill +Make a range/)
  }
})

test('help of one command is the same by flag and by word, whatever else is given', async () => {
  const { stdout } = await run(['backfill', '--help'])
  assert.match(stdout, /^nacre backfill: .*\n\nUsage: nacre backfill <job> \[flags\]\n/)
  assert.match(stdout, /\n {2}--from DAY +First day, YYYY-MM-DD\./)
  assert.match(stdout, /\n {2}-h, --help +Print this help\./)
  for (const args of [
    ['help', 'backfill'],
    ['backfill', '-h', 'x', '--from', '1'],
  ])
    assert.deepEqual(await run(args), { code: 0, stdout, stderr: '' })
})

test('the version is printed', async () => {
  const { code, stdout } = await run(['--version'])
  assert.equal(code, 0)
  assert.match(stdout, /^\d+\.\d+\.\d+.*\n$/)
})

for (const [args, message] of [
  [['frobnicate'], /^nacre: There is no command 'frobnicate'\. Commands: .*backfill/],
  [['toString'], /^nacre: There is no command 'toString'/],
  [['backfill', '--form', '1'], /'--form'.*See 'nacre backfill --help'/],
  [['backfill', '--from'], /'--from.*See 'nacre backfill --help'/],
  [['jobs', '--pause=yes'], /'--pause'.*See 'nacre jobs --help'/],
  [['up', '--port', 'many'], /flag --port is 'many'; a port is a whole number/],
] as const) {
  test(`wrong use is told with exit code 2: ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await run(args)
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, message)
  })
}

test('with --json errors are JSON, with the exit code of their kind', async () => {
  await using folder = tempFolder()
  const { code, stdout, stderr } = await run(['jobs', '--json'], { cwd: folder.path })
  assert.deepEqual([code, stdout], [6, ''])
  const { error } = JSON.parse(stderr) as { error: { code: string; message: string } }
  assert.equal(error.code, 'NACRE_UNAVAILABLE')
  assert.match(error.message, /Nothing runs on .*\.nacre/)
})

test('the project is the nearest folder upwards with a config, or the one named', async () => {
  await using folder = tempFolder()
  const deep = join(folder.path, 'a/b')
  await mkdir(deep, { recursive: true })
  await writeFile(join(folder.path, 'nacre.config.ts'), '')
  assert.match((await run(['jobs'], { cwd: deep })).stderr, new RegExp(`runs on ${folder.path}/\\.nacre\\.`))
  assert.match(
    (await run(['jobs', '--project', '..'], { cwd: deep })).stderr,
    new RegExp(`runs on ${folder.path}/a/\\.nacre\\.`),
  )
  await writeFile(join(folder.path, 'nacre.settings.json'), '{"stateFolder":"kept"}')
  assert.match((await run(['jobs'], { cwd: deep })).stderr, new RegExp(`runs on ${folder.path}/kept\\.`))
  await writeFile(join(folder.path, 'nacre.settings.json'), '{')
  const broken = await run(['jobs'], { cwd: deep })
  assert.equal(broken.code, 2)
  assert.match(broken.stderr, /nacre\.settings\.json is not JSON/)
})

test('a command that was interrupted ends with 130 and says nothing', async () => {
  const abort = new AbortController()
  abort.abort(new DOMException('Interrupted.', 'AbortError'))
  await using world = await platform()
  const { code, stderr } = await run(['events', 'tail'], {
    environment: world.environment,
    signal: abort.signal,
  })
  assert.deepEqual([code, stderr], [130, ''])
})

test('following a run can be interrupted; the run goes on', async () => {
  const abort = new AbortController()
  await using world = await platform()
  const { code, stdout, stderr } = await run(['run', 'plain'], {
    environment: world.environment,
    signal: abort.signal,
    heard: () => abort.abort(new DOMException('Interrupted.', 'AbortError')),
  })
  assert.deepEqual([code, stdout, stderr], [130, '10:00:00.000 log    begun\n', ''])
})

test('backfill makes every day from the first to the last due, over the ends of months and leap days', async () => {
  await using world = await platform()
  const { code, stdout } = await run(
    ['backfill', 'daily', '--from', '2028-02-27', '--to', '2028-03-01'],
    world,
  )
  assert.deepEqual(world.days, ['2028-02-27', '2028-02-28', '2028-02-29', '2028-03-01'])
  assert.deepEqual([code, stdout], [0, "4 days of daily are due. Watch with 'nacre runs --job daily'.\n"])
})

test("without days backfill goes from the job's first day to today", async () => {
  await using world = await platform()
  const { code } = await run(['backfill', 'shop/daily'], world)
  assert.equal(code, 0)
  assert.equal(world.days[0], '2026-01-01')
  assert.equal(new Set(world.days).size, world.days.length)
  assert.ok(Math.abs(Date.parse(world.days.at(-1)!) - Date.now()) < 2 * 86_400_000)
})

for (const [args, message] of [
  [['daily', '--from', 'yesterday'], "'yesterday' is not a day; write YYYY-MM-DD."],
  [['daily', '--from', '2026-02-30'], "'2026-02-30' is not a day; write YYYY-MM-DD."],
  [['daily', '--from', '2026-1-5'], "'2026-1-5' is not a day; write YYYY-MM-DD."],
  [['daily', '--to', '2026-01-05T00:00'], "'2026-01-05T00:00' is not a day; write YYYY-MM-DD."],
  [
    ['daily', '--from', '2026-01-02', '--to', '2026-01-01'],
    'The range from 2026-01-02 to 2026-01-01 is empty.',
  ],
  [
    ['daily', '--from', '2000-01-01', '--to', '2026-01-01'],
    'The range from 2000-01-01 to 2026-01-01 has 9498 days; at most 3660 at once.',
  ],
  [['plain'], "Job 'plain' has no day partitions; use 'nacre run plain'."],
] as const) {
  test(`backfill refuses: ${message}`, async () => {
    await using world = await platform()
    const { code, stderr } = await run(['backfill', ...args], world)
    assert.deepEqual([code, stderr], [2, `nacre: ${message}\n`])
    assert.deepEqual(world.days, [])
  })
}

test('a job that is not there, or not named, is told with what there is', async () => {
  await using world = await platform()
  const unknown = await run(['why', 'dayly'], world)
  assert.deepEqual(unknown, {
    code: 3,
    stdout: '',
    stderr: "nacre: There is no job 'dayly'. Jobs: daily, plain.\n",
  })
  const unnamed = await run(['backfill'], world)
  assert.equal(unnamed.code, 2)
  assert.match(unnamed.stderr, /Name the job/)
})

test('events from outside cannot steer the terminal', async () => {
  await using world = await platform({
    'events/recent?limit=20': [
      {
        receivedAt: '2026-01-05T10:00:00.123Z',
        verdict: 'rejected',
        name: '\u001b]0;owned\u0007',
        userId: null,
        anonymousId: 'a\nb',
        reason: 'not planned',
        properties: {},
      },
    ],
  })
  const { stdout } = await run(['events', 'tail', '--once'], world)
  assert.equal(stdout, '10:00:00.123 rejected  \\u001b]0;owned\\u0007  a\\nb  not planned\n')
})

test('sql prints CSV that keeps separators, quotes and line ends', async () => {
  await using world = await platform({
    sql: {
      columns: [{ name: 'a,b' }, { name: 'c' }],
      rows: [
        ['say "hi"', 1],
        ['two\nlines', null],
        [{ deep: [1] }, true],
      ],
      truncated: false,
      elapsedMs: 1,
    },
  })
  const { stdout } = await run(['sql', '--csv', 'select 1'], world)
  assert.equal(stdout, '"a,b",c\n"say ""hi""",1\n"two\nlines",\n"{""deep"":[1]}",true\n')
})

test('init makes a project named after its folder, and never over another', async () => {
  await using folder = tempFolder()
  const made = await run(['init', '2026 My Shop!'], { cwd: folder.path })
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /^Made project 'my-shop-?' in /)
  const again = await run(['init', '2026 My Shop!'], { cwd: folder.path })
  assert.equal(again.code, 4)
  assert.match(again.stderr, /already holds .*nacre\.config\.ts/)
  const nameless = await run(['init', '123'], { cwd: folder.path })
  assert.equal(nameless.code, 2)
})
