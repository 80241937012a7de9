import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { buildBundle, describeAppCommand, type Bundle } from '../../../src/apps/index.ts'
import { openBundleStore, unpackBundle } from '../../../src/bundles/index.ts'
import { unpackArchive } from '../../../src/bundles/archive.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** An app without `nacre`, as small as its definition can be. */
const app = (body = '', spec = '{}'): string =>
  `${body}\nexport default { kind: 'app', name: 'shop', spec: ${spec} }`

async function build(
  folder: string,
  files: Readonly<Record<string, string>>,
  options: { timeoutMs?: number } = {},
): Promise<Bundle> {
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return buildBundle(folder, describeAppCommand(), options)
}

const files = {
  'nacre.config.ts': `import { tax } from './jobs/tax.ts'\nimport { odd } from 'odd'\n${app('', '{ doc: `${tax} ${odd(4)}` }')}`,
  'jobs/tax.ts': `// what the state takes\nexport const tax: number = 7`,
  'node_modules/odd/package.json': '{"name":"odd","version":"1.0.0","main":"main.js"}',
  'node_modules/odd/main.js': `const { sep } = require('node:path')\nmodule.exports.odd = (n) => n % 2 === 1 ? sep : typeof __dirname`,
}

test('the same sources give the same bytes, twice and in another folder of another depth', async () => {
  await using one = tempFolder()
  await using two = tempFolder('nacre-elsewhere-')
  const first = await build(one.path, files)
  const again = await build(one.path, files)
  const elsewhere = await build(join(two.path, 'deep/er'), files)
  assert.equal(again.hash, first.hash)
  assert.equal(elsewhere.hash, first.hash)
  assert.deepEqual(elsewhere.archive, first.archive)

  const changed = await build(two.path, { ...files, 'jobs/tax.ts': 'export const tax: number = 8' })
  assert.notEqual(changed.hash, first.hash)
})

test('a bundle holds the compiled app, its source map, its manifest and the versions of native packages', async () => {
  await using folder = tempFolder()
  const { archive, manifest, hash } = await build(folder.path, files)
  const unpacked = await unpackArchive(archive)
  const text = (name: string): string => Buffer.from(unpacked.get(name)!).toString()
  assert.deepEqual([...unpacked.keys()].toSorted(), [
    'app.mjs',
    'app.mjs.map',
    'manifest.json',
    'natives.json',
  ])
  assert.deepEqual(JSON.parse(text('manifest.json')), manifest)
  const map = JSON.parse(text('app.mjs.map')) as { sources: string[]; sourcesContent: string[] }
  assert.ok(map.sources.includes('jobs/tax.ts'), map.sources.join())
  assert.ok(map.sourcesContent.includes(files['jobs/tax.ts']))
  for (const name of unpacked.keys()) assert.ok(!text(name).includes(folder.path), `${name} names the folder`)
  assert.match(text('natives.json'), /"@duckdb\/node-api":"\d/)

  await using kept = tempFolder()
  const store = openBundleStore(kept.path)
  assert.equal((await store.put(archive)).hash, hash)
})

test('packages written as CommonJS work, also those that call require and __dirname', async () => {
  await using folder = tempFolder()
  const { archive, hash, manifest } = await build(folder.path, files)
  assert.equal(manifest.doc, '7 string')
  const path = await unpackBundle(async () => archive, hash, join(folder.path, 'unpacked'))
  const { default: definition } = (await import(pathToFileURL(path).href)) as { default: { name: string } }
  assert.equal(definition.name, 'shop')
})

test('an app may make the names of CommonJS itself', async () => {
  await using folder = tempFolder()
  const { manifest } = await build(folder.path, {
    'nacre.config.ts': app(
      `import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const __dirname: string = import.meta.dirname
      const __filename: string = require('node:path').join(__dirname, 'x')`,
      '{ doc: __filename.endsWith(`/x`) ? `fine` : __filename }',
    ),
  })
  assert.equal(manifest.doc, 'fine')
})

test('native packages are named by the bundle and not held', async () => {
  await using folder = tempFolder()
  const { archive } = await build(folder.path, {
    'nacre.config.ts': app(`export const engine = () => import('@duckdb/node-api')`),
  })
  const code = Buffer.from((await unpackArchive(archive)).get('app.mjs')!).toString()
  assert.match(code, /import\("@duckdb\/node-api"\)/)
  assert.ok(code.length < 2000)
})

test('what the app prints does not get into its manifest', async () => {
  await using folder = tempFolder()
  const { manifest } = await build(folder.path, {
    'nacre.config.ts': app(`console.log('{"name":"wrong"}')\nprocess.on('exit', () => console.log('bye'))`),
  })
  assert.equal(manifest.name, 'shop')
})

test('models are part of the manifest, and so of the hash', async () => {
  await using folder = tempFolder()
  const config = app('', `{ models: 'models' }`)
  const one = await build(folder.path, { 'nacre.config.ts': config, 'models/a.malloy': 'source: a' })
  assert.deepEqual(one.manifest.models, { 'a.malloy': 'source: a' })
  const two = await build(folder.path, { 'nacre.config.ts': config, 'models/a.malloy': 'source: b' })
  assert.notEqual(two.hash, one.hash)
})

for (const [what, code] of [
  ['loops for ever', 'for (;;);'],
  ['loops for ever and does not want to be ended', `process.on('SIGTERM', () => {})\nfor (;;);`],
  ['keeps a timer', 'setInterval(() => {}, 1000)'],
] as const) {
  test(`an app whose top-level code ${what} is cut off`, async () => {
    await using folder = tempFolder()
    await assert.rejects(build(folder.path, { 'nacre.config.ts': app(code) }, { timeoutMs: 1000 }), {
      code: 'NACRE_APP_INVALID',
      message: /did not finish loading within 1 s.*top-level code must only declare/,
    })
  })
}

for (const [what, config, message] of [
  ['does not compile', 'export default {\n  name: }', /nacre\.config\.ts:2:9: .*\n\s+name: }/],
  ['imports what is not there', `import './nothing.ts'`, /Could not resolve "\.\/nothing\.ts"/],
  ['throws', `throw new Error('no luck')`, /fails while loading: Error: no luck/],
  [
    'awaits what never comes',
    'await new Promise(() => {})',
    /fails while loading.*unsettled top-level await/s,
  ],
  ['ends the process', 'process.exit(0)', /ended its process before it was loaded/],
  ['exports something else', 'export default 7', /must export an app by default/],
  ['is unsound', app('', `{ models: 'none' }`), /models folder 'none' does not exist/],
] as const) {
  test(`an app that ${what} is refused with the reason`, async () => {
    await using folder = tempFolder()
    await assert.rejects(build(folder.path, { 'nacre.config.ts': config }), {
      code: 'NACRE_APP_INVALID',
      message,
    })
  })
}

test('a folder without an app is told', async () => {
  await using folder = tempFolder()
  await assert.rejects(buildBundle(folder.path, describeAppCommand()), {
    code: 'NACRE_APP_INVALID',
    message: /no nacre\.config\.ts in .*nacre init/,
  })
})
