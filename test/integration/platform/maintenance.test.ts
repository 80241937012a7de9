import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ErasureInfo, SnapshotPage, TableInfo } from '../../../src/server/contract.ts'
import { makeProject, nacre, startPlatformProcess, until } from '../../support/platform-process.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const project = {
  'nacre.config.ts': `import { app, day, feed, identity, job, manual, on, sql, table } from 'nacre'

const visits = table('web.visits', {
  columns: { day: 'date', reader: { type: 'string', personal: true }, page: 'long' },
  partitionBy: [day('day')], sortBy: ['page'], subject: 'reader',
})
const open = table('web.shops', { columns: { name: 'string', owner: 'string' }, subject: 'owner' })
const counts = table('web.counts', { columns: { rows: 'long' } })
const small = { resources: { cpus: 1, memory: '256MiB' } }

export default app('web', {
  jobs: [
    job('visit', { ...small, trigger: manual(), writes: { visits, open }, async run({ writes }) {
      await writes.visits.append(sql\`select date '2026-01-01' + cast(range % 2 as int) as day, 'r' || range % 5 as reader, range as page from range(100)\`)
      await writes.open.append(sql\`select 'shop' as name, 'r1' as owner union all select 'inn', 'r2'\`)
    } }),
    job('count', { ...small, trigger: on(visits), reads: { visits }, writes: { counts }, async run({ reads, writes }) {
      await writes.counts.replace(sql\`select count(*) as rows from \${reads.visits}\`)
    } }),
  ],
  feeds: [feed({ table: visits, routes: [] })],
})
`,
}

/** What lies in a folder, as one text: whatever can be found there. */
async function textBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const texts = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
  )
  return texts.join('\n')
}

test('small files are compacted, and nobody who follows the table is told', async () => {
  await using folder = tempFolder()
  await makeProject(folder.path, project)
  await using platform = await startPlatformProcess(folder.path)
  for (let round = 0; round < 6; round++) await platform.run('visit')
  await until(async () => (await platform.sql('select * from web.counts'))[0]?.[0] === 600 || null)
  const before = await platform.api.get<{ table: TableInfo }>('tables/web.visits')
  const runsBefore = await platform.api.get<unknown[]>('runs?job=count')
  const rows = await platform.sql('select day, reader, page from web.visits order by all')

  const run = await platform.run('compact-tables', { app: 'nacre' })
  assert.equal(run.state, 'succeeded')
  const after = await platform.api.get<{ table: TableInfo }>('tables/web.visits')
  assert.equal(before.table.files, 12)
  assert.equal(after.table.files, 2)
  assert.equal(after.table.current!.summary['operation'], 'replace')
  assert.deepEqual(await platform.sql('select day, reader, page from web.visits order by all'), rows)
  assert.equal((await platform.run('expire-snapshots', { app: 'nacre' })).state, 'succeeded')
  const { snapshots } = await platform.api.get<SnapshotPage>('tables/web.visits/snapshots?limit=2')
  assert.deepEqual(
    snapshots.map(({ change, author }) => [change, author?.kind === 'run' && author.job]),
    [
      ['tidied its manifests', 'expire-snapshots'],
      ['compacted 6 files into 1', 'compact-tables'],
    ],
  )
  assert.equal((await platform.run('sweep-orphans', { app: 'nacre' })).state, 'succeeded')
  assert.equal((await platform.api.get<unknown[]>('runs?job=count')).length, runsBefore.length)
  assert.deepEqual(await platform.sql('select day, reader, page from web.visits order by all'), rows)
})

test('a person is forgotten: rows, snapshots, statistics and exports, with proof', async () => {
  await using folder = tempFolder()
  await makeProject(folder.path, project)
  await using platform = await startPlatformProcess(folder.path)
  for (let round = 0; round < 2; round++) await platform.run('visit')
  const feeds = join(folder.path, '.nacre/feeds')
  await until(async () =>
    (await readdir(feeds, { recursive: true }).catch(() => [])).length > 0 ? true : null,
  )

  const viewer = await platform.api.send<{ token: string }>('POST', 'tokens', {
    name: 'v',
    role: 'viewer',
    team: null,
  })
  const refused = await nacre(folder.path, ['forget', '--user', 'r3'], { NACRE_TOKEN: viewer.token })
  assert.equal(refused.code, 5)

  const { code, stdout, stderr } = await nacre(folder.path, ['forget', '--user', 'r1', '--json'])
  assert.equal(code, 0, stderr)
  const done = JSON.parse(stdout) as ErasureInfo
  assert.deepEqual(
    done.tables!.map(({ table, column, rows, rowsLeft }) => ({ table, column, rows, rowsLeft })),
    [
      { table: 'events.rejected', column: 'user_id', rows: 0, rowsLeft: 0 },
      { table: 'web.shops', column: 'owner', rows: 2, rowsLeft: 0 },
      { table: 'web.visits', column: 'reader', rows: 40, rowsLeft: 0 },
    ],
  )
  assert.deepEqual(await platform.sql('select distinct reader from web.visits order by 1'), [
    ['r0'],
    ['r2'],
    ['r3'],
    ['r4'],
  ])
  assert.deepEqual(await platform.sql('select name, owner from web.shops'), [
    ['inn', 'r2'],
    ['inn', 'r2'],
  ])
  // 'r1' may stand in compressed bytes by chance, but in no bound, partition or path of metadata.
  const list = await nacre(folder.path, ['forget'])
  assert.match(list.stdout, /42/)
  assert.doesNotMatch(list.stdout, /r1/)
  assert.doesNotMatch(await textBelow(join(folder.path, '.nacre/warehouse/web/shops/metadata')), /"r1"/)
  // Those who follow the table count anew.
  await until(async () => (await platform.sql('select * from web.counts'))[0]?.[0] === 160 || null)

  const again = await nacre(folder.path, ['forget', '--user', 'r1', '--json'])
  assert.deepEqual(
    (JSON.parse(again.stdout) as ErasureInfo).tables!.map(({ rows }) => rows),
    [0, 0, 0],
  )
})
