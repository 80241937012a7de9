import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { LogPage, RunInfo } from '../../../src/server/contract.ts'
import {
  makeProject,
  startPlatformProcess,
  until,
  type PlatformProcess,
} from '../../support/platform-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const config = `import { app, checks, job, manual, sql, table } from 'nacre'

const out = table('x.out', { columns: { n: 'long' } })
const other = table('x.other', { columns: { n: { type: 'long', required: true } } })
const quick = { trigger: manual(), retries: { limit: 0 }, resources: { cpus: 0.5, memory: '256MiB' } }

export default app('x', {
  jobs: [
    job('good', { ...quick, writes: { out }, async run({ writes, log }) {
      log.info('about to write', { rows: 3 })
      console.log('said on standard output')
      await writes.out.append(sql\`select range as n from range(3)\`)
    } }),
    job('exits', { ...quick, command: 'echo working; exit 3' }),
    job('throws', { ...quick, writes: { other }, async run({ writes }) {
      await writes.other.append(sql\`select 1 as n\`)
      throw new TypeError('the moon is full')
    } }),
    job('hangs', { ...quick, timeout: '3s', async run() { await new Promise(() => setInterval(() => {}, 1000)) } }),
    job('spins', { ...quick, timeout: '3s', async run() { for (;;); } }),
    job('hogs', { ...quick, async run() {
      const kept = []
      for (;;) { kept.push(Buffer.alloc(16 * 1024 * 1024, 1)); await new Promise((r) => setTimeout(r, 5)) }
    } }),
    job('unsound', { ...quick, checks: [checks.unique('n')], async run({ writes }) {
      await writes.unsound.append(sql\`select 7 as n from range(2)\`)
    }, writes: { unsound: table('x.unsound', { columns: { n: 'long' } }) } }),
    job('wrong-sql', { ...quick, async run({ rows }) { await rows(sql\`select nonsense from nowhere\`) } }),
    job('wrong-column', { ...quick, writes: { wrong: table('x.wrong', { columns: { n: 'long' } }) }, async run({ writes }) {
      await writes.wrong.append(sql\`select 1 as m\`)
    } }),
    job('slow', { ...quick, timeout: '60s', async run({ log, signal }) {
      log.info('begun')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    } }),
    job('patient', { ...quick, retries: { limit: 2, backoff: '10ms..20ms' }, async run({ attempt }) {
      if (attempt < 3) throw new Error('not yet')
    } }),
  ],
})
`

describe('jobs that fail', () => {
  const folder = tempFolder()
  let platform: PlatformProcess
  before(async () => {
    await makeProject(folder.path, { 'nacre.config.ts': config })
    platform = await startPlatformProcess(folder.path)
  })
  after(async () => {
    await platform[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  const logOf = async (run: RunInfo): Promise<string> =>
    (await platform.api.get<LogPage>(`runs/${run.id}/logs`)).lines.map(({ message }) => message).join('\n')

  test('a good one commits and keeps its log', async () => {
    const run = await platform.run('good')
    assert.equal(run.state, 'succeeded', JSON.stringify(run.error))
    assert.deepEqual(Object.keys(run.outputs), ['x.out'])
    assert.deepEqual(await platform.sql('select count(*), sum(n) from x.out'), [[3, 3]])
    const log = await until(async () => {
      const text = await logOf(run)
      return text.includes('said on standard output') ? text : null
    })
    assert.match(log, /about to write/)
  })

  test('a command that exits 3 fails with its code; its output is in the log', async () => {
    const run = await platform.run('exits')
    assert.equal(run.state, 'failed')
    assert.match(run.error!.message, /exit code 3/)
    assert.match(await logOf(run), /working/)
  })

  test('one that throws publishes nothing of what it wrote', async () => {
    const run = await platform.run('throws')
    assert.equal(run.state, 'failed')
    assert.match(run.error!.message, /TypeError: the moon is full/)
    assert.deepEqual(await platform.sql('select count(*) from x.other'), [[0]])
  })

  for (const name of ['hangs', 'spins']) {
    test(`one that ${name} past its timeout is ended and says so`, async () => {
      const run = await platform.run(name)
      assert.equal(run.state, 'failed')
      assert.equal(run.attempts.at(-1)!.state, 'timed-out')
      assert.match(run.error!.message, /timeout of 3s/)
    })
  }

  test('one that takes more memory than declared is ended, and told how to have more', async () => {
    const run = await platform.run('hogs')
    assert.equal(run.state, 'failed')
    assert.equal(run.attempts.at(-1)!.state, 'out-of-memory')
    assert.match(run.error!.message, /256MiB/)
    assert.match(run.error!.message, /resources/)
  })

  test('a failing check publishes nothing and names the rows', async () => {
    const run = await platform.run('unsound')
    assert.equal(run.error?.code, 'NACRE_CHECK_FAILED')
    assert.match(run.error!.message, /n is not unique.*"n":7/s)
    assert.deepEqual(await platform.sql('select count(*) from x.unsound'), [[0]])
  })

  test('wrong SQL is told with the statement', async () => {
    const run = await platform.run('wrong-sql')
    assert.equal(run.error?.code, 'NACRE_SQL')
    assert.match(run.error!.message, /select nonsense from nowhere/)
  })

  test('a column that the table lacks is named', async () => {
    const run = await platform.run('wrong-column')
    assert.equal(run.state, 'failed')
    assert.match(run.error!.message, /'?m'?/)
  })

  test('a killed run ends, and its process with it', async () => {
    const { run } = await platform.api.send<{ run: RunInfo }>('POST', 'jobs/x/slow/run', {})
    await until(async () => ((await logOf(run)).includes('begun') ? true : null))
    await platform.api.send('POST', `runs/${run.id}/kill`, {})
    const ended = await until(async () => {
      const now = await platform.api.get<RunInfo>(`runs/${run.id}`)
      return now.endedAt === null ? null : now
    })
    assert.equal(ended.state, 'killed')
  })

  test('a flaky one succeeds at its third attempt', async () => {
    const run = await platform.run('patient')
    assert.equal(run.state, 'succeeded')
    assert.deepEqual(
      run.attempts.map(({ state }) => state),
      ['failed', 'failed', 'succeeded'],
    )
  })
})
