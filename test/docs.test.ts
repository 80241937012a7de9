import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { referencePages } from '../scripts/reference-pages.ts'

test('the generated reference pages are those of the code', () => {
  for (const [path, text] of Object.entries(referencePages())) {
    assert.equal(
      existsSync(path) ? readFileSync(path, 'utf8') : '',
      text,
      `${path} is old; run: npm run docs`,
    )
  }
})

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...globSync('{docs,src,web,examples}/**/*.md', { exclude: (path) => path.includes('node_modules') }),
]

test('links between pages resolve', () => {
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(page), target)))
      .map((target) => `${page} → ${target}`),
  )
  assert.deepEqual(broken, [])
})

const areas = globSync('src/*').filter((path) => statSync(path).isDirectory())

test('every area has a README of at most 30 lines', () => {
  const wrong = areas.filter((area) => {
    const readme = join(area, 'README.md')
    return !existsSync(readme) || readFileSync(readme, 'utf8').split('\n').length > 31
  })
  assert.deepEqual(wrong, [])
})

test('ARCHITECTURE.md names every area', () => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8')
  assert.deepEqual(
    areas.map((path) => path.slice(4)).filter((area) => !text.includes(`\`${area}\``)),
    [],
  )
})
