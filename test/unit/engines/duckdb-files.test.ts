import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { openEngine } from '../../../src/engines/index.ts'
import { sql } from '../../../src/sql/index.ts'
import { pathOfFileUri } from '../../../src/storage/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { targetOf } from '../../support/write-target.ts'

test('importing the engines loads no engine', () => {
  const script = `
    import { createRequire } from 'node:module'
    const before = await import('./src/engines/index.ts')
    const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('duckdb'))
    await (await before.openEngine({ name: 'duckdb' }))[Symbol.asyncDispose]()
    const after = Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('duckdb'))
    console.log(loaded.length, after.length > 0)`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(output.trim(), '0 true')
})

test('every field of a file carries its id, at any depth', async () => {
  await using folder = tempFolder()
  await using engine = await openEngine({ name: 'duckdb' })
  const target = targetOf(folder.path, {
    "it's": 'long',
    'say "hi"': {
      type: 'struct',
      fields: [
        { id: 10, name: 'a.b', required: false, type: 'string' },
        {
          id: 11,
          name: 'list',
          required: false,
          type: {
            type: 'list',
            'element-id': 12,
            element: { type: 'struct', fields: [{ id: 13, name: 'x', required: false, type: 'date' }] },
            'element-required': false,
          },
        },
      ],
    },
    tags: {
      type: 'map',
      'key-id': 20,
      key: 'string',
      'value-id': 21,
      value: 'double',
      'value-required': false,
    },
  })
  const [file] = await engine.write(
    target,
    sql`select 1 as "it's", {'a.b': 'v', list: [{x: date '2026-01-05'}]} as "say ""hi""", map {'k': 0.5} as tags`,
  )
  const fields = await engine.rows(
    sql`select name, field_id as id from parquet_schema(${pathOfFileUri(file!.path)}) where field_id is not null`,
  )
  assert.deepEqual(fields, [
    { name: "it's", id: 1 },
    { name: 'say "hi"', id: 2 },
    { name: 'a.b', id: 10 },
    { name: 'list', id: 11 },
    { name: 'element', id: 12 },
    { name: 'x', id: 13 },
    { name: 'tags', id: 3 },
    { name: 'key', id: 20 },
    { name: 'value', id: 21 },
  ])
  assert.deepEqual(Object.keys(file!.stats), ['1', '10', '13', '20', '21'])
  assert.deepEqual(
    [file!.stats['10']!.max, file!.stats['13']!.min, file!.stats['21']!.hasNan],
    ['v', '2026-01-05', false],
  )
})

test('a full disk is called that, and leaves no file', async (context) => {
  await using folder = tempFolder()
  const disk = `${folder.path}/disk`
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    return context.skip('a small disk cannot be mounted here')
  }
  try {
    await using engine = await openEngine({ name: 'duckdb' })
    const target = targetOf(disk, { id: 'string' })
    await assert.rejects(
      engine.write(target, sql`select uuid()::varchar || uuid()::varchar as id from range(200000)`),
      { code: 'NACRE_DISK_FULL' },
    )
    assert.deepEqual(readdirSync(disk, { recursive: true }), ['data'])
    assert.equal((await engine.write(target, sql`select 'x' as id`)).length, 1)
  } finally {
    execFileSync('umount', [disk])
  }
})
