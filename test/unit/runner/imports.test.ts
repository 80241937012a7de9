import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

test("an attempt's process loads what it runs with, and no more", () => {
  const script = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
    await import('./src/runner/index.ts')
    console.log(JSON.stringify(urls))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  const urls = JSON.parse(output) as readonly string[]
  assert.ok(urls.some((url) => url.endsWith('/src/runner/run-attempt.ts')))
  // Each attempt pays for what is loaded here: schemas of events, the catalog and the engine are not needed to claim one.
  const heavy = urls.filter((url) =>
    /node_modules\/(typebox|@duckdb|avsc)\/|\/src\/(apps|events|models|publish|tables)\//.test(url),
  )
  assert.deepEqual(heavy, [])
})
