import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeProject, nacre } from '../../support/platform-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const head = `import { after, app, cron, job, manual, on, sql, table } from 'nacre'
const a = table('x.a', { columns: { n: 'long' } })
const b = table('x.b', { columns: { n: 'long' } })
`

/** What is wrong with an app, and what people must be told. */
const cases: readonly { name: string; config: string; code: number; says: readonly RegExp[] }[] = [
  {
    name: 'does not compile',
    config: `export default app('x', {\n  jobs: [\n}`,
    code: 2,
    says: [/does not compile/, /nacre\.config\.ts:3:1/],
  },
  {
    name: 'imports what is not there',
    config: `import { nothing } from './nothing.ts'\nexport default nothing`,
    code: 2,
    says: [/does not compile/, /nothing\.ts/],
  },
  {
    name: 'throws while loading',
    config: `import { app } from 'nacre'\nthrow new Error('no luck')\nexport default app('x', {})`,
    code: 2,
    says: [/fails while loading/, /no luck/],
  },
  { name: 'exports no app', config: `export default 7`, code: 2, says: [/must export an app by default/] },
  {
    name: 'names a job that is not there',
    config: `${head}export default app('x', { jobs: [job('one', { trigger: after({ kind: 'job', name: 'zero', spec: {} }), async run() {} })] })`,
    code: 2,
    says: [/job 'one'/, /unknown job 'zero'/],
  },
  {
    name: 'has a cycle of jobs',
    config: `${head}export default app('x', { jobs: [
      job('one', { trigger: on(a), reads: { a }, writes: { b }, async run() {} }),
      job('two', { trigger: on(b), reads: { b }, writes: { a }, async run() {} }),
    ] })`,
    code: 2,
    says: [/one → two → one|two → one → two/],
  },
  {
    name: 'has a wrong cron text',
    config: `${head}export default app('x', { jobs: [job('one', { trigger: cron('61 * * * *'), async run() {} })] })`,
    code: 2,
    says: [/61 \* \* \* \*/],
  },
  {
    name: 'defines a table twice',
    config: `${head}const again = table('x.a', { columns: { n: 'string' } })
      export default app('x', { tables: [again], jobs: [job('one', { trigger: manual(), reads: { a }, async run() {} })] })`,
    code: 2,
    says: [/table 'x\.a' is defined twice/],
  },
  {
    name: 'names a model that is not there',
    config: `import { app, dashboard } from 'nacre'
      export default app('x', { dashboards: [dashboard('d', { title: 'D', model: 'none.malloy', filters: [], tiles: [{ title: 'T', query: 'a -> b', chart: { kind: 'table' } }] })] })`,
    code: 2,
    says: [/none\.malloy/],
  },
]

for (const { name, config, code, says } of cases) {
  test(`an app that ${name} is refused with the reason`, async () => {
    await using folder = tempFolder()
    await makeProject(folder.path, { 'nacre.config.ts': config })
    const result = await nacre(folder.path, ['check'])
    assert.equal(result.code, code, result.stderr)
    for (const pattern of says) assert.match(result.stderr, pattern)
  })
}

test('wrong use of the command line is told, with exit code 2', async () => {
  await using folder = tempFolder()
  const unknown = await nacre(folder.path, ['frobnicate'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /no command 'frobnicate'/)
  const flag = await nacre(folder.path, ['runs', '--frobnicate'])
  assert.equal(flag.code, 2)
  assert.match(flag.stderr, /--frobnicate/)
  const nothing = await nacre(folder.path, ['runs', '--json'])
  assert.equal(nothing.code, 6)
  assert.equal((JSON.parse(nothing.stderr) as { error: { code: string } }).error.code, 'NACRE_UNAVAILABLE')
})
