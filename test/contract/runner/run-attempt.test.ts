import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { NacreError, sha256, type ErrorJson } from '../../../src/base/index.ts'
import { packArchive } from '../../../src/bundles/index.ts'
import type { AttemptAssignment, HeartbeatReply, LogLine } from '../../../src/jobs/index.ts'
import { createLogShipper, runAttempt, type AttemptClient } from '../../../src/runner/index.ts'
import type { TableChange } from '../../../src/tables/index.ts'
import { manifestOf } from '../../support/job-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { targetOf } from '../../support/write-target.ts'

/** An app's compiled code with these jobs, each `name: { spec }` in JavaScript. */
async function bundleOf(jobs: string): Promise<Uint8Array> {
  const code = `const sql = (text) => ({ [Symbol.for('nacre.sql')]: true, strings: [text], values: [] })
    export default { spec: { jobs: [${jobs}] } }`
  return packArchive({ 'app.mjs': Buffer.from(code), 'manifest.json': Buffer.from('{}') })
}

interface Told {
  readonly succeeded: boolean | string
  readonly changes: readonly TableChange[] | null
  readonly error: ErrorJson | null
  readonly lines: readonly LogLine[]
}

/** Runs one attempt against a platform that answers heartbeats so. */
async function attempt(
  { jobs = '', name = 'test', command = null }: { jobs?: string; name?: string; command?: string | null },
  {
    heartbeat = () => Promise.resolve({ cancel: null }),
    complete = () => Promise.resolve(),
    signal = AbortSignal.timeout(60_000),
  }: {
    heartbeat?: () => Promise<HeartbeatReply>
    complete?: () => Promise<void>
    signal?: AbortSignal
  } = {},
): Promise<Told> {
  await using folder = tempFolder()
  const archive = await bundleOf(jobs)
  const told: { changes: readonly TableChange[] | null; error: ErrorJson | null; lines: LogLine[] } = {
    changes: null,
    error: null,
    lines: [],
  }
  const client: AttemptClient = {
    claim: () => Promise.reject(new Error('claimed already')),
    heartbeat,
    logs: async (lines) => void told.lines.push(...lines),
    async complete({ changes }) {
      await complete()
      told.changes = changes
    },
    fail: async ({ error }) => void (told.error = error),
    bundle: async () => archive,
    maintenance: () => Promise.reject(new Error('no built-in job')),
  }
  const assignment: AttemptAssignment = {
    attemptId: 'a1',
    app: 'shop',
    job: { ...manifestOf(name), command },
    bundle: sha256(archive),
    runId: 'r1',
    attempt: 1,
    days: ['2026-01-05'],
    dueAt: '2026-01-06T00:00:00.000Z',
    reads: {},
    storage: { mounts: [] },
    writes: { out: targetOf(folder.path, { n: 'long' }, { table: 'shop.out' }) },
    leaseMs: 30,
  }
  let succeeded: boolean | string
  {
    await using shipper = createLogShipper((lines) => client.logs(lines, signal))
    succeeded = await runAttempt(assignment, {
      client,
      shipper,
      signal,
      surroundings: {
        bundleFolder: join(folder.path, 'unpacked'),
        scratchFolder: folder.path,
        environment: { PATH: process.env['PATH'] },
      },
    }).catch((error: unknown) => (error instanceof NacreError ? error.code : String(error)))
  }
  // What was spilled or written must be where it may be removed.
  assert.ok((await readdir(folder.path)).every((entry) => ['unpacked', 'data'].includes(entry)))
  return { succeeded, ...told }
}

const running = `{ name: 'test', spec: { async run({ writes, log, signal }) {
  log.info('begun')
  await new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
} } }`

test("a job's own code runs, and what it wrote is told", async () => {
  const told = await attempt({
    jobs: `{ name: 'test', spec: { run: async ({ writes, log }) => {
      await writes.out.append(sql('select 7 as n'))
      log.info('done')
    } } }`,
  })
  assert.deepEqual([told.succeeded, told.error], [true, null])
  assert.deepEqual(
    told.changes!.map(({ kind, table, files }) => [kind, table, files.map(({ rowCount }) => rowCount)]),
    [['append', 'shop.out', [1]]],
  )
  assert.deepEqual(
    told.lines.map(({ message }) => message),
    ['done'],
  )
})

test('a job that throws fails with its words, its stack is in the log, and nothing is told to be committed', async () => {
  const told = await attempt({
    jobs: `{ name: 'test', spec: { run: async ({ writes }) => {
      await writes.out.append(sql('select 7 as n'))
      null.missing
    } } }`,
  })
  assert.deepEqual([told.succeeded, told.changes], [false, null])
  assert.equal(told.error!.code, 'NACRE_JOB_FAILED')
  assert.match(told.error!.message, /^TypeError: .*missing/)
  assert.match(JSON.stringify(told.lines.at(-1)!.fields), /app\.mjs/)
})

test("an error of the bundle's own copy of NacreError keeps its code", async () => {
  const told = await attempt({
    jobs: `{ name: 'test', spec: { run: async () => {
      throw Object.assign(new Error('No shop.'), { name: 'NacreError', code: 'NACRE_NOT_FOUND', details: { shop: 7 } })
    } } }`,
  })
  assert.deepEqual(told.error, { code: 'NACRE_NOT_FOUND', message: 'No shop.', details: { shop: 7 } })
})

test('a job that its bundle does not hold is told', async () => {
  const told = await attempt({ jobs: `{ name: 'other', spec: {} }` })
  assert.deepEqual([told.succeeded, told.error!.code], [false, 'NACRE_APP_INVALID'])
  assert.match(told.error!.message, /holds no job 'test'/)
})

test('a command runs with its slot in the environment; its output is the log', async () => {
  const told = await attempt({
    command: 'echo "$NACRE_JOB $NACRE_PARTITION $NACRE_DUE_AT $NACRE_RUN"; printf "näh" >&2; printf end',
  })
  assert.deepEqual([told.succeeded, told.changes], [true, []])
  assert.deepEqual(told.lines.map(({ stream, message }) => `${stream}: ${message}`).toSorted(), [
    'stderr: näh',
    'stdout: end',
    'stdout: test 2026-01-05 2026-01-06T00:00:00.000Z r1',
  ])
})

test('a command is over when it ends, also when it leaves a program in the background', async () => {
  const told = await attempt({ command: 'sleep 60 & echo "begun $!"' })
  assert.equal(told.succeeded, true)
  const [, pid] = /^begun (\d+)$/.exec(told.lines[0]!.message)!
  process.kill(Number(pid), 'SIGKILL') // what the executor does
})

for (const [command, error] of [
  ['exit 3', { message: /exit code 3; its output is in the log/, exitCode: 3 }],
  ['kill -9 $$', { message: /ended by SIGKILL/, exitCode: null }],
  ['no-such-program-at-all', { message: /exit code 127/, exitCode: 127 }],
] as const) {
  test(`a command that ends by '${command}' fails`, async () => {
    const told = await attempt({ command })
    assert.deepEqual([told.succeeded, told.changes], [false, null])
    assert.equal(told.error!.code, 'NACRE_JOB_FAILED')
    assert.match(told.error!.message, error.message)
    assert.deepEqual(told.error!.details, { command, exitCode: error.exitCode })
  })
}

for (const [reason, code] of [
  ['killed', 'NACRE_CANCELLED'],
  ['timed-out', 'NACRE_TIMEOUT'],
] as const) {
  for (const what of [{ jobs: running }, { command: 'exec sleep 60' }]) {
    test(`a ${'jobs' in what ? 'job' : 'command'} that the platform calls off (${reason}) ends and tells why`, async () => {
      const told = await attempt(what, {
        heartbeat: async () => ({ cancel: reason }),
      })
      assert.deepEqual([told.succeeded, told.error!.code, told.changes], [false, code, null])
    })
  }
}

test('an attempt that is no longer the current one stops and tells nothing', async () => {
  const stale = new NacreError('NACRE_STALE_ATTEMPT', 'Another attempt runs.')
  const beating = await attempt({ jobs: running }, { heartbeat: () => Promise.reject(stale) })
  assert.deepEqual([beating.succeeded, beating.changes, beating.error], ['NACRE_STALE_ATTEMPT', null, null])
  const ending = await attempt(
    { jobs: `{ name: 'test', spec: { run: async () => {} } }` },
    { complete: () => Promise.reject(stale) },
  )
  assert.deepEqual([ending.succeeded, ending.changes, ending.error], ['NACRE_STALE_ATTEMPT', null, null])
})

test('an attempt that is told to stop from outside ends and tells nothing: who did it knows', async () => {
  const stop = new AbortController()
  const told = await attempt(
    { jobs: running },
    {
      signal: stop.signal,
      heartbeat: async () => {
        stop.abort(new Error('told to stop'))
        return { cancel: null }
      },
    },
  )
  assert.deepEqual([told.succeeded, told.changes, told.error], ['Error: told to stop', null, null])
})
