import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadedModules } from '../../support/loaded-modules.ts'

test('the command line loads neither platform nor server before a command needs them', () => {
  const urls = loadedModules('src/cli/index.ts')
  assert.ok(urls.some((url) => url.endsWith('/src/cli/commands/up.ts')))
  const heavy = urls.filter((url) =>
    /node_modules\/(typebox|fastify|@duckdb)\/|\/src\/(platform|server|apps|events|models|tables)\//.test(
      url,
    ),
  )
  assert.deepEqual(heavy, [])
})
