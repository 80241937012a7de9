import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runCli } from '../../../src/cli/index.ts'
import type {
  FilePage,
  MaintenancePlan,
  MaintenanceState,
  PartitionPage,
  SchemaVersion,
  SnapshotPage,
  SqlAnswer,
  TableChanges,
  TableDetail,
  TableList,
  TableSnippet,
} from '../../../src/server/contract.ts'
import {
  makeProject,
  nacre,
  type CommandResult,
  startPlatformProcess,
  type PlatformProcess,
} from '../../support/platform-process.ts'
import { duckdbIceberg, noPython, runPython } from '../../support/python.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** What `install` and `load` do, without a network. */
const duckdbExtensions = `
import duckdb, importlib.util
db = duckdb.connect(config={'allow_unsigned_extensions': 'true', 'autoinstall_known_extensions': 'false'})
for name in ['avro', 'httpfs', 'iceberg']:
    folder = importlib.util.find_spec('duckdb_extension_' + name).submodule_search_locations[0]
    db.load_extension(f'{folder}/extensions/v{duckdb.__version__}/{name}.duckdb_extension')`

/** A shop whose table of sales has got another column in its second version. */
const config = (columns: string): string => `import { app, day, job, manual, sql, table } from 'nacre'
const sales = table('shop.sales', {
  columns: { day: { type: 'date', required: true }, customer: { type: 'string', personal: true, doc: 'Who bought.' }, ${columns} },
  partitionBy: [day('day')], key: ['customer'], sortBy: ['customer'], owner: 'ines', doc: 'What was sold.', freshWithin: '1h',
})
const fragile = table('shop.fragile', { columns: { n: 'long' } })
const small = { trigger: manual(), resources: { cpus: 0.5, memory: '256MiB' } }
export default app('shop', { team: 'red', tables: [fragile], jobs: [
  job('sell', { ...small, writes: { sales }, async run({ writes }) {
    await writes.sales.append(sql\`select date '2026-01-01' + cast(range % 3 as integer) as day, 'c' || range as customer, range as price from range(30)\`)
  } }),
  job('look', { ...small, reads: { sales }, async run() {} }),
] })
`

describe('tables, as people and services see them', () => {
  const folder = tempFolder()
  let platform: PlatformProcess
  let first: string
  const snapshots = (): Promise<SnapshotPage> => platform.api.get('tables/shop.sales/snapshots')
  const detail = (name = 'shop.sales'): Promise<TableDetail> => platform.api.get(`tables/${name}`)
  let tokens = 0
  const tokenOf = async (role: string, team: string | null): Promise<string> => {
    const name = `${role}-${team}-${tokens++}`
    return (await platform.api.send<{ token: string }>('POST', 'tokens', { name, role, team })).token
  }
  const cli = async (...args: string[]): Promise<CommandResult> => {
    const [stdout, stderr]: [string[], string[]] = [[], []]
    const code = await runCli(args, {
      cwd: folder.path,
      environment: {},
      stdout: { write: (text) => stdout.push(text) },
      stderr: { write: (text) => stderr.push(text) },
      signal: new AbortController().signal,
    })
    return { code, stdout: stdout.join(''), stderr: stderr.join('') }
  }
  const post = async (token: string, path: string, body: unknown): Promise<number> => {
    const response = await fetch(`${platform.api.url}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    await response.body?.cancel()
    return response.status
  }

  before(async () => {
    await makeProject(folder.path, { 'nacre.config.ts': config("price: 'int'") })
    platform = await startPlatformProcess(folder.path)
    assert.equal((await platform.run('sell')).state, 'succeeded')
    first = (await detail()).table.current!.snapshotId
    await writeFile(
      join(folder.path, 'nacre.config.ts'),
      config("price: 'long', device: { struct: { os: 'string', size: 'int' } }"),
    )
    const deployed = await nacre(folder.path, ['deploy'])
    assert.match(
      deployed.stdout,
      /: table shop\.sales: widened price from int to long, added device \(struct<os: string, size: int>\)\n$/,
    )
    assert.match((await nacre(folder.path, ['deploy'])).stdout, /: unchanged\n$/)
    assert.equal((await platform.run('sell')).state, 'succeeded')
  })
  after(async () => {
    await platform[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  test('the list tells rows, owner, freshness and marks', async () => {
    const { tables, broken } = await platform.api.get<TableList>('tables')
    const sales = tables.find(({ name }) => name === 'shop.sales')!
    assert.deepEqual(
      {
        ...sales,
        freshForMs: Date.parse(sales.freshUntil!) - Date.parse(sales.current!.committedAt),
      },
      {
        ...sales,
        rows: 60,
        owner: 'ines',
        team: 'red',
        doc: 'What was sold.',
        personal: ['customer'],
        key: ['customer'],
        origin: 'app',
        isFeed: false,
        freshForMs: 3_600_000,
      },
    )
    assert.deepEqual(broken, [])
  })

  test('one table tells its shape, who writes and reads it, and how it grew', async () => {
    const sales = await detail()
    assert.deepEqual(sales.partitioning, ['by day'])
    assert.deepEqual(sales.sortedBy, ['customer'])
    assert.deepEqual([sales.writers, sales.readers], [['shop/sell'], ['shop/look']])
    assert.deepEqual(
      sales.trend.map(({ rows }) => rows),
      [30, 60],
    )
    assert.ok(sales.localPath?.startsWith('/'))
  })

  test('the history of its columns, by field id', async () => {
    const versions = await platform.api.get<readonly SchemaVersion[]>('tables/shop.sales/schemas')
    assert.deepEqual(
      versions.map(({ changes }) => changes.map(({ words }) => words)),
      [['widened price from int to long', 'added device (struct<os: string, size: int>)'], []],
    )
    assert.ok(versions.every(({ firstUsedAt }) => firstUsedAt !== null))
  })

  test('snapshots say what happened, and come in pages', async () => {
    const { snapshots: all, total } = await snapshots()
    assert.equal(total, 2)
    assert.match(all[0]!.change, /^appended 30 rows in 3 files$/)
    assert.deepEqual({ ...all[0]!.author, runId: '' }, { kind: 'run', job: 'sell', runId: '' })
    assert.deepEqual([all[0]!.rows, all[0]!.rowsDelta, all[0]!.isCurrent], [60, 30, true])
    const page = await platform.api.get<SnapshotPage>('tables/shop.sales/snapshots?limit=1')
    assert.equal(page.nextBefore, all[0]!.snapshotId)
    const rest = await platform.api.get<SnapshotPage>(`tables/shop.sales/snapshots?before=${page.nextBefore}`)
    assert.deepEqual(rest, { ...(await snapshots()), snapshots: [all[1]] })
  })

  test('partitions and their files', async () => {
    const page = await platform.api.get<PartitionPage>('tables/shop.sales/partitions?limit=2')
    assert.deepEqual([page.total, page.files, page.partitions.length], [3, 6, 2])
    assert.deepEqual(page.partitions[0]!.partition, { day_day: '2026-01-03' }, 'the newest comes first')
    assert.deepEqual([page.partitions[0]!.files, page.partitions[0]!.rows], [2, 20])
    const partition = encodeURIComponent(JSON.stringify(page.partitions[0]!.partition))
    const files = await platform.api.get<FilePage>(`tables/shop.sales/files?partition=${partition}&limit=1`)
    assert.deepEqual([files.total, files.files.length], [2, 1])
    const before = await platform.api.get<PartitionPage>(`tables/shop.sales/partitions?snapshotId=${first}`)
    assert.equal(before.files, 3, 'as it was')
    await assert.rejects(platform.api.get('tables/shop.sales/files?partition=nonsense'), /not a JSON object/)
  })

  test('rows of the past, by snapshot, time and tag', async () => {
    const count = async (query: string): Promise<number> =>
      (await platform.api.get<SqlAnswer>(`tables/shop.sales/preview?${query}`)).rows.length
    await platform.api.send('POST', 'tables/shop.sales/tags', { tag: 'opening', snapshotId: first })
    const at = (await snapshots()).snapshots[1]!.committedAt
    assert.deepEqual(
      await Promise.all([count(''), count(`snapshotId=${first}`), count(`asOf=${at}`), count('ref=opening')]),
      [60, 30, 30, 30],
    )
    await assert.rejects(platform.api.get('tables/shop.sales/preview?ref=nope'), { code: 'NACRE_NOT_FOUND' })
    const tagged = (await snapshots()).snapshots[1]!
    assert.deepEqual(tagged.refs, [{ name: 'opening', type: 'tag', snapshotId: first }])
    await platform.api.send('DELETE', 'tables/shop.sales/refs/opening')
    await assert.rejects(platform.api.send('DELETE', 'tables/shop.sales/refs/opening'), {
      code: 'NACRE_NOT_FOUND',
    })
  })

  test("rolling back and forth, by editors of the table's team only", async () => {
    const newest = (await detail()).table.current!.snapshotId
    const body = { snapshotId: first }
    assert.equal(await post(await tokenOf('viewer', null), 'tables/shop.sales/rollback', body), 403)
    assert.equal(await post(await tokenOf('editor', 'blue'), 'tables/shop.sales/rollback', body), 403)
    assert.equal(await post(await tokenOf('editor', 'red'), 'tables/shop.sales/rollback', body), 200)
    assert.equal((await detail()).table.rows, 30)
    const aside = (await snapshots()).snapshots.find(({ snapshotId }) => snapshotId === newest)!
    assert.deepEqual([aside.isCurrent, aside.isInHistory], [false, false])
    await platform.api.send('POST', 'tables/shop.sales/rollback', { snapshotId: newest })
    assert.equal((await detail()).table.rows, 60)
    await assert.rejects(platform.api.send('POST', 'tables/shop.sales/rollback', {}), /snapshotId.*asOf/)
    await assert.rejects(platform.api.send('POST', 'tables/shop.sales/rollback', { snapshotId: '12' }), {
      code: 'NACRE_NOT_FOUND',
    })
  })

  test('snippets name the catalog, and the snapshot meant', async () => {
    const snippets = await platform.api.get<readonly TableSnippet[]>(
      `tables/shop.sales/snippets?snapshotId=${first}`,
    )
    for (const { tool, text } of snippets) assert.ok(text.includes(first), tool)
    assert.ok(snippets.find(({ tool }) => tool === 'PyIceberg')!.text.includes(`${platform.api.url}/iceberg`))
  })

  test('the snippets for PyIceberg and DuckDB run as they are', { skip: noPython }, async () => {
    const token = await tokenOf('editor', null)
    for (const [query, rows] of [
      ['', 60],
      [`?snapshotId=${first}`, 30],
    ] as const) {
      const snippets = await platform.api.get<readonly TableSnippet[]>(`tables/shop.sales/snippets${query}`)
      const textOf = (tool: string): string =>
        snippets.find((snippet) => snippet.tool === tool)!.text.replaceAll('<token>', token)
      assert.equal(await runPython(`${textOf('PyIceberg')}\nprint(len(rows))`), rows)
      const [setup, ...statements] = textOf('DuckDB').split('\n')
      assert.equal(setup, 'install iceberg; load iceberg;')
      const program = `${duckdbExtensions}\nprint(len(db.sql(given['sql']).fetchall()))`
      assert.equal(await runPython(program, { sql: statements.join('\n') }), rows)
    }
  })

  test('maintenance: what would be done, without doing it', async () => {
    const plan = await platform.api.get<MaintenancePlan>('tables/shop.sales/maintenance/plan')
    assert.equal(plan.orphans.files, 0)
    const state = await platform.api.get<MaintenanceState>('tables/shop.sales/maintenance')
    assert.ok(state.jobs.some(({ name, nextAt }) => name === 'compact-tables' && nextAt !== null))
    assert.equal((await snapshots()).total, 2)
  })

  test('a reader goes on from snapshot to snapshot, and what it has yet to read does not expire', async () => {
    const changes = (query: string): Promise<TableChanges> =>
      platform.api.get(`tables/shop.sales/changes?${query}`)
    const all = await changes('')
    assert.ok(all.kind === 'appended')
    const { table } = await detail()
    assert.deepEqual(
      [all.rows, all.upTo, all.files.length],
      [table.rows, table.current!.snapshotId, table.files],
    )
    assert.ok(all.files.every(({ path }) => path.startsWith(table.location)))
    const sinceFirst = await changes(`after=${first}`)
    assert.ok(sinceFirst.kind === 'appended')
    assert.equal(sinceFirst.rows, 30)
    assert.deepEqual(await changes(`after=${first}&upTo=${first}`), {
      kind: 'appended',
      upTo: first,
      rows: 0,
      files: [],
    })
    await assert.rejects(changes('after=1'), { code: 'NACRE_NOT_FOUND' })
    await assert.rejects(changes('after=x'), { code: 'NACRE_INPUT' })

    const put = async (token: string, body: unknown, reader = 'billing'): Promise<number> => {
      const response = await fetch(`${platform.api.url}/api/v1/tables/shop.sales/readers/${reader}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      await response.body?.cancel()
      return response.status
    }
    const red = await tokenOf('editor', 'red')
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    assert.equal(await put(await tokenOf('viewer', 'red'), { snapshotId: first }), 403)
    assert.equal(await put(await tokenOf('editor', 'blue'), { snapshotId: first }), 403)
    assert.equal(await put(red, { snapshotId: '1' }), 404)
    assert.equal(await put(red, { snapshotId: first, expiresAt: 'soon' }), 400)
    assert.equal(await put(red, { snapshotId: first, expiresAt }), 200)
    const [reader] = (await detail()).registered
    assert.deepEqual(
      [reader?.reader, reader?.snapshotId, reader?.expiresAt, reader?.behind],
      ['billing', first, expiresAt, 1],
    )
    assert.equal(await put(red, { snapshotId: all.upTo }), 200)
    assert.deepEqual(
      (await detail()).registered.map(({ behind, expiresAt: end }) => [behind, end]),
      [[0, null]],
    )
    await platform.api.send('DELETE', 'tables/shop.sales/readers/billing')
    assert.deepEqual((await detail()).registered, [])
  })

  test('a table that is not there: the nearest is named', async () => {
    for (const path of [
      '',
      '/schemas',
      '/snapshots',
      '/partitions',
      '/files',
      '/preview',
      '/snippets',
      '/maintenance',
      '/changes',
    ])
      await assert.rejects(platform.api.get(`tables/shop.sale${path}`), { code: 'NACRE_NOT_FOUND' }, path)
    await assert.rejects(platform.api.send('DELETE', 'tables/shop.sales/readers/nobody'), {
      code: 'NACRE_NOT_FOUND',
    })
    await assert.rejects(detail('shop.sale'), /Did you mean 'shop\.sales'\?/)
  })

  test("a table made by an outside engine is marked so, and is nobody's until a team is set", async () => {
    const admin = await tokenOf('admin', null)
    const send = (path: string, body: unknown): Promise<Response> =>
      fetch(`${platform.api.url}/iceberg/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const schema = { type: 'struct', fields: [{ id: 1, name: 'n', type: 'long', required: false }] }
    await send('namespaces', { namespace: ['lab'] })
    assert.equal((await send('namespaces/lab/tables', { name: 'vectors', schema })).status, 200)
    const { table } = await detail('lab.vectors')
    assert.deepEqual([table.origin, table.team, table.current], ['outside', null, null])
    const editor = await tokenOf('editor', 'green')
    assert.equal(await post(editor, 'tables/lab.vectors/tags', { tag: 'x' }), 403)
    await send('namespaces/lab/properties', { updates: { 'nacre.team': 'green' } })
    assert.equal(await post(editor, 'tables/lab.vectors/tags', { tag: 'x' }), 404, 'it has no snapshot yet')
  })

  test(
    'the size of a table whose engine tells none is that of its files, where they are read',
    { skip: noPython },
    async () => {
      const program = `${duckdbIceberg}
db.sql('create schema nacre.bench')
db.sql('create table nacre.bench.numbers (n integer)')
db.sql('insert into nacre.bench.numbers select * from range(1000)')
print(0)`
      await runPython(program, { uri: `${platform.api.url}/iceberg`, token: await tokenOf('admin', null) })
      const { tables } = await platform.api.get<TableList>('tables')
      assert.equal(tables.find(({ name }) => name === 'bench.numbers')!.sizeBytes, null)
      const { files } = await platform.api.get<FilePage>('tables/bench.numbers/files')
      assert.equal((await detail('bench.numbers')).table.sizeBytes, files[0]!.sizeBytes)
    },
  )

  test('by the command line', async () => {
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await cli('tables', ...args)
      assert.equal(code, 0, stderr)
      return stdout
    }
    assert.match(await run(), /shop\.sales +60 +6 .* ines +personal data/)
    assert.match(await run('shop.sales'), /shop\.sales: What was sold\.\n +rows +60 in 6 files/)
    assert.match(await run('shop.sales', '--columns'), /device +struct\n +\d+ +os +string/)
    assert.match(await run('shop.sales', '--history'), /1 \(current\) .*widened price from int to long/)
    assert.match(await run('shop.sales', '--snapshots'), /appended 30 rows in 3 files +sell +60/)
    assert.match(await run('shop.sales', '--files'), /day_day 2026-01-03 +2 +20/)
    assert.match(await run('shop.sales', '--readers'), /shop\/sell +writes it.*\nshop\/look +reads it/)
    assert.match(await run('shop.sales', '--maintenance'), /compaction/)
    assert.match(await run('shop.sales', '--connect'), /# PyIceberg/)
    assert.match(await run('shop.sales', '--preview', '--at', first), /20 rows/)
    assert.match(await run('tag', 'shop.sales', 'first-day', '--at', first), /'first-day' names state/)
    assert.match(await run('rollback', 'shop.sales', '--to', first), /30 rows, before 60/)
    const newest = JSON.parse(await run('shop.sales', '--snapshots', '--json')) as SnapshotPage
    await run('rollback', 'shop.sales', '--to', newest.snapshots[0]!.snapshotId)
    assert.match(await run('untag', 'shop.sales', 'first-day'), /is gone/)
    const past = await cli('sql', 'select * from shop.sales at (version => 1)')
    assert.match(past.stderr, /time travel[^]*nacre tables <table> --preview --at/)
    for (const args of [
      ['rollback'],
      ['rollback', 'shop.sales'],
      ['tag', 'shop.sales'],
      ['shop.sales', '--files', '--preview'],
    ])
      assert.equal((await cli('tables', ...args)).code, 2, args.join(' '))
    assert.equal((await cli('tables', 'shop.sale')).code, 3)
  })

  test('a table whose metadata is broken hides no other', async () => {
    const { table, localPath } = await detail('shop.fragile')
    const metadata = join(localPath!, 'metadata')
    const files = (await readdir(metadata)).filter((name) => name.endsWith('.metadata.json')).toSorted()
    await platform[Symbol.asyncDispose]()
    await writeFile(join(metadata, files.at(-1)!), '{"format-version": 2,')
    platform = await startPlatformProcess(folder.path)
    const { tables, broken } = await platform.api.get<TableList>('tables')
    assert.deepEqual(
      broken.map(({ name, metadataLocation }) => [name, metadataLocation.endsWith(files.at(-1)!)]),
      [[table.name, true]],
    )
    assert.ok(tables.some(({ name }) => name === 'shop.sales'))
    assert.equal((await platform.run('look')).state, 'succeeded')
    assert.deepEqual(await platform.sql('select count(*) from shop.sales'), [[60]])
    await assert.rejects(detail('shop.fragile'), { code: 'NACRE_CORRUPT' })
    const listed = await cli('tables')
    assert.equal(listed.code, 1)
    assert.match(listed.stdout, /shop\.fragile cannot be read/)
  })
})
