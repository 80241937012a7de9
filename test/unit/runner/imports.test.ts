import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadedModules } from '../../support/loaded-modules.ts'

test("an attempt's process loads what it runs with, and no more", () => {
  const urls = loadedModules('src/runner/index.ts')
  assert.ok(urls.some((url) => url.endsWith('/src/runner/run-attempt.ts')))
  // Each attempt pays for what is loaded here: schemas of events, the catalog and the engine are not needed to claim one.
  const heavy = urls.filter((url) =>
    /node_modules\/(typebox|@duckdb|avsc)\/|\/src\/(apps|events|models|publish|tables)\//.test(url),
  )
  assert.deepEqual(heavy, [])
})
