import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openEngine, openSandbox } from '../../../src/engines/index.ts'
import { sql } from '../../../src/sql/index.ts'
import { extensionFolder, noObjectStorage, startObjectStorage } from '../../support/object-storage.ts'
import { planOf, targetOf } from '../../support/write-target.ts'

const skip = noObjectStorage

test('a table in object storage is written, read and queried in the sandbox', { skip }, async () => {
  await using objects = await startObjectStorage()
  const options = { objectStore: objects.storage, extensionFolder: extensionFolder() }
  await using engine = await openEngine({ name: 'duckdb', ...options })
  const columns = { id: 'long', kind: 'string', '!day': 'date' } as const
  const target = {
    ...targetOf('', columns, { partitionBy: ['identity(kind)', 'day(day)'] }),
    dataLocation: `${objects.bucket}/test/rows/data`,
  }
  const rows = sql`select range as id, 'a/b c%20' || range % 2 as kind, date '2026-01-05' as day from range(10)`
  const files = await engine.write(target, rows)
  assert.deepEqual(
    files
      .map(({ partition }) => partition)
      .toSorted((one, other) => (one['kind']! < other['kind']! ? -1 : 1)),
    [
      { kind: 'a/b c%200', day_day: '2026-01-05' },
      { kind: 'a/b c%201', day_day: '2026-01-05' },
    ],
  )
  assert.deepEqual(
    files.map(({ path }) => path.slice('s3://tables/'.length)).toSorted(),
    (await objects.keys()).toSorted(),
  )
  const flat = await engine.write({ ...target, spec: { 'spec-id': 0, fields: [] } }, rows)
  const plan = planOf(target, [...files, ...flat])
  await engine.attach(plan)
  assert.deepEqual(await engine.rows('select count(*) as n, sum(id) as ids from test.rows'), [
    { n: 20, ids: 90 },
  ])

  await using sandbox = await openSandbox(options)
  const result = await sandbox.run({ plans: [plan], statement: 'select max(id) from test.rows' })
  assert.deepEqual(result.rows, [[9]])
  await assert.rejects(
    sandbox.run({ plans: [plan], statement: `select * from read_parquet('${flat[0]!.path}')` }),
    { code: 'NACRE_SQL' },
  )
})

test('an engine without the extension says what it needs', { skip }, async () => {
  await using objects = await startObjectStorage()
  await assert.rejects(
    openEngine({ name: 'duckdb', objectStore: objects.storage, extensionFolder: '/nowhere' }),
    { code: 'NACRE_UNAVAILABLE', message: /httpfs.*\/nowhere/s },
  )
})
