import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { buildWeb } from '../../scripts/build-web.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** Of everything the first screen loads, compressed. */
const firstLoadBudget = 150 * 1024

test('the first load is small and free of inline code', async () => {
  await using folder = tempFolder('nacre-web-')
  await buildWeb({ outFolder: folder.path })
  const page = readFileSync(join(folder.path, 'index.html'), 'utf8')
  const files = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, address]) => address!)
  assert.ok(files.length >= 4, `index.html names too few files: ${files.join(', ')}`)
  for (const file of files) assert.match(file, /-[A-Za-z0-9]{8}\.(?:js|css|svg)$/)
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(folder.path, file))).length, 0)
  assert.ok(bytes < firstLoadBudget, `the first load is ${bytes} bytes`)
  assert.doesNotMatch(page, /<style|<script>|<script(?![^>]* src=)|style="|onload=/)
})
