import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openModels, type ModelHost, type Models } from '../../../src/models/index.ts'
import { CompilePool } from '../../../src/models/malloy/compile-pool.ts'
import { openModelHost, type TestTables } from '../../support/model-host.ts'

const tables: TestTables = {
  'metrics.engagement': { columns: { day: 'date', device: 'string', readers: 'long' } },
}
const files = {
  'bookstore.malloy': `import 'parts/engagement.malloy'
source: devices is engagement extend {
  #" All of them.
  view: by_device is { group_by: device, aggregate: active_readers }
}
`,
  'parts/engagement.malloy': `#" One row per day and device.
source: engagement is duckdb.table('metrics.engagement') extend {
  #" People.
  measure: active_readers is readers.sum()
}
`,
}
// One compiler for all tests, as its thread takes a second to start.
const known = await openModelHost(tables)
let host: ModelHost = known
const models = openModels(
  {},
  {
    host: {
      describeTable: (name) => host.describeTable(name),
      describeSql: (sql) => host.describeSql(sql),
      runSql: (request) => host.runSql(request),
    },
  },
)
after(() => models[Symbol.asyncDispose]())
after(() => known[Symbol.asyncDispose]())
beforeEach(() => {
  host = known
})

function compile(query: string, more: object = {}): ReturnType<Models['compileQuery']> {
  return models.compileQuery(
    { files, model: 'bookstore.malloy', query, restricted: false, ...more },
    AbortSignal.timeout(60_000),
  )
}

test('people who are not trusted reach the model and nothing past it', async () => {
  const { compiled } = await compile('devices -> by_device', { restricted: true })
  assert.deepEqual(compiled.tables, ['metrics.engagement'])
  for (const [query, complaint] of [
    ["duckdb.table('/etc/passwd') -> { select: * }", /direct table access is not permitted/],
    ["duckdb.table('metrics.engagement') -> { select: * }", /direct table access is not permitted/],
    ["duckdb.sql('select 1 as one') -> { select: * }", /raw SQL is not permitted/],
    ["devices -> { group_by: home is getenv!string('HOME') }", /direct SQL function calls/],
    ['devices -> { group_by: home is sql_string("getenv(\'HOME\')") }', /sql_string/],
    ["import 'parts/engagement.malloy'\nrun: engagement -> { select: * }", /import/],
    ['##! experimental.sql_functions\nrun: devices -> by_device', /##!/],
  ] as const) {
    await assert.rejects(compile(query, { restricted: true }), {
      code: 'NACRE_MODEL_INVALID',
      message: complaint,
    })
  }
})

test('trusted text reaches only tables that the catalog knows', async () => {
  await assert.rejects(compile("duckdb.table('/etc/passwd') -> { select: * }"), {
    code: 'NACRE_MODEL_INVALID',
    message: /passwd/,
  })
  await assert.rejects(compile("duckdb.table('metrics.absent') -> { select: * }"), {
    code: 'NACRE_MODEL_INVALID',
    message:
      "query:1:1: There is no table 'metrics.absent'.\n  1 | duckdb.table('metrics.absent') -> { select: * }",
  })
  const { compiled } = await compile("duckdb.sql('select readers from metrics.engagement') -> { select: * }")
  assert.deepEqual(compiled.tables, ['metrics.engagement'])
  assert.deepEqual(compiled.columns, [{ name: 'readers', type: 'number' }])
})

test('a complaint names file, line, column and shows the line', async () => {
  await assert.rejects(compile('devices -> {\n  group_by: device\n  aggregate: people\n}'), {
    code: 'NACRE_MODEL_INVALID',
    message: "query:3:14: 'people' is not defined\n  3 |   aggregate: people",
  })
  const broken = {
    ...files,
    'parts/engagement.malloy': files['parts/engagement.malloy'].replace('readers.sum', 'reader.sum'),
  }
  await assert.rejects(compile('devices -> by_device', { files: broken }), {
    code: 'NACRE_MODEL_INVALID',
    message:
      /^parts\/engagement\.malloy:4:30: .*reader\n {2}4 \| {3}measure: active_readers is reader\.sum\(\)/,
  })
  const { problems, sources } = await models.compileModel(
    { files: broken, model: 'bookstore.malloy' },
    AbortSignal.timeout(60_000),
  )
  assert.deepEqual(sources, [])
  assert.equal(problems[0]?.file, 'parts/engagement.malloy')
  assert.equal(problems[0]?.line, 4)
  await assert.rejects(compile('devices -> by_device', { model: 'absent.malloy' }), {
    code: 'NACRE_MODEL_INVALID',
    message: "There is no model file 'absent.malloy'; there is bookstore.malloy, parts/engagement.malloy.",
  })
})

test('a model tells its sources, fields and views', async () => {
  const { problems, sources } = await models.compileModel(
    { files, model: 'bookstore.malloy' },
    AbortSignal.timeout(60_000),
  )
  assert.deepEqual(problems, [])
  const devices = sources.find(({ name }) => name === 'devices')
  assert.deepEqual(devices?.fields, [
    { name: 'day', kind: 'dimension', type: 'date', doc: null },
    { name: 'device', kind: 'dimension', type: 'string', doc: null },
    { name: 'readers', kind: 'dimension', type: 'number', doc: null },
    { name: 'active_readers', kind: 'measure', type: 'number', doc: 'People.' },
  ])
  assert.deepEqual(devices.views, [{ name: 'by_device', doc: 'All of them.' }])
})

test('a table that appears later is found', async () => {
  await using empty = await openModelHost({})
  host = empty
  await assert.rejects(compile('devices -> by_device'), {
    message: /There is no table 'metrics\.engagement'/,
  })
  await empty.put('metrics.engagement', tables['metrics.engagement']!)
  assert.equal((await compile('devices -> by_device')).compiled.columns.length, 2)
})

test('what fails in the platform fails the compile as itself, and is forgotten', async () => {
  const unseen = { files: { ...files, 'more.malloy': '' } }
  host = { ...known, describeTable: () => Promise.reject(new Error('The database is away.')) }
  await assert.rejects(compile('devices -> by_device', unseen), { message: 'The database is away.' })
  host = known
  assert.equal((await compile('devices -> by_device', unseen)).compiled.columns.length, 2)
})

test('a caller that leaves is freed at once', async () => {
  const leaving = new AbortController()
  const query = 'devices -> { aggregate: active_readers }'
  const refused = assert.rejects(
    models.compileQuery({ files, model: 'bookstore.malloy', query, restricted: false }, leaving.signal),
    { name: 'AbortError' },
  )
  leaving.abort()
  await refused
  assert.equal((await compile(query)).compiled.columns.length, 1)
})

const request = { version: '1', files: { 'a.malloy': "source: a is duckdb.table('a.b')" }, model: 'a.malloy' }
const describe = (): Promise<{ columns: []; tables: [] }> => Promise.resolve({ columns: [], tables: [] })

test('a compile that takes too long is stopped', async () => {
  await using pool = new CompilePool({ timeoutMs: 1 })
  await assert.rejects(pool.compile(request, describe), {
    code: 'NACRE_TIMEOUT',
    message: /^Compiling 'a\.malloy' took longer than 1 ms/,
  })
})

test('closing refuses what waits', async () => {
  const pool = new CompilePool()
  const waiting = [pool.compile(request, describe), pool.compile(request, describe)]
  const refused = Promise.all(waiting.map((one) => assert.rejects(one, { code: 'NACRE_UNAVAILABLE' })))
  await pool[Symbol.asyncDispose]()
  await refused
  await assert.rejects(pool.compile(request, describe), { code: 'NACRE_UNAVAILABLE' })
})
