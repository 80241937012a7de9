import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { openModels } from '../../../src/models/index.ts'
import { openModelHost, type TestTables } from '../../support/model-host.ts'

const folder = new URL('../../golden/models/', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8')

const host = await openModelHost(JSON.parse(read('tables.json')) as TestTables)
const models = openModels({}, { host })
after(() => models[Symbol.asyncDispose]())
after(() => host[Symbol.asyncDispose]())

const files = { 'bookstore.malloy': read('bookstore.malloy') }
const queries = globSync('queries/*.malloy', { cwd: folder })
assert.ok(queries.length > 5)

for (const path of queries) {
  test(`${path} compiles to the SQL beside it, which DuckDB binds`, async () => {
    const { compiled } = await models.compileQuery(
      { files, model: 'bookstore.malloy', query: read(path), restricted: false },
      AbortSignal.timeout(60_000),
    )
    const rows = await host.connection.runAndReadAll(compiled.sql)
    assert.deepEqual([...rows.columnNames()].sort(), compiled.columns.map(({ name }) => name).sort())
    const shown = [
      `-- reads: ${compiled.tables.join(', ')}`,
      ...compiled.columns.map(({ name, type }) => `-- ${name}: ${type}`),
      compiled.sql,
    ].join('\n')
    const expected = new URL(path.replace('.malloy', '.sql'), folder)
    if (!existsSync(expected)) writeFileSync(expected, shown)
    assert.equal(shown, readFileSync(expected, 'utf8'))
  })
}
