import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256 } from '../../../src/base/index.ts'
import { openBundleStore, packArchive, unpackBundle } from '../../../src/bundles/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const bundleOf = (files: Readonly<Record<string, string>>): Promise<Uint8Array> =>
  packArchive(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])))

const sound = { 'app.mjs': 'export default 1', 'manifest.json': '{"name":"shop"}' }

test('a bundle is kept by its hash, once, with what its manifest says', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'bundles')
  const archive = await bundleOf(sound)
  const store = openBundleStore<{ name: string }>(path)
  const stored = await store.put(archive)
  assert.deepEqual(stored, { hash: sha256(archive), manifest: { name: 'shop' } })
  assert.deepEqual(await store.put(archive), stored)
  assert.deepEqual(await readdir(path), [`${stored.hash}.tar.gz`])

  const reopened = openBundleStore<{ name: string }>(path)
  assert.deepEqual(Buffer.from(await reopened.archive(stored.hash)), Buffer.from(archive))
  assert.deepEqual(await reopened.manifest(stored.hash), { name: 'shop' })
})

test('what is no bundle is refused and not kept', async () => {
  await using folder = tempFolder()
  const store = openBundleStore(folder.path)
  for (const [archive, message] of [
    [Buffer.from('garbage'), /not a gzipped tar/],
    [await bundleOf({ 'app.mjs': '' }), /lacks manifest\.json or app\.mjs/],
    [await bundleOf({ 'manifest.json': '{}' }), /lacks manifest\.json or app\.mjs/],
    [await bundleOf({ 'app.mjs': '', 'manifest.json': '{' }), /manifest\.json is not JSON/],
  ] as const)
    await assert.rejects(store.put(archive), { code: 'NACRE_APP_INVALID', message })
  assert.deepEqual(await readdir(folder.path), [])
})

test('a bundle that is not there, or not a name of one, is not found', async () => {
  await using folder = tempFolder()
  const store = openBundleStore(folder.path)
  for (const hash of ['0'.repeat(64), '../secret', '', 'A'.repeat(64)])
    await assert.rejects(store.archive(hash), { code: 'NACRE_NOT_FOUND' })
})

test('a bundle is fetched and unpacked once; its modules can be imported', async () => {
  await using folder = tempFolder()
  const archive = await bundleOf(sound)
  let fetched = 0
  const fetchArchive = async (): Promise<Uint8Array> => (fetched++, archive)
  const path = await unpackBundle(fetchArchive, sha256(archive), folder.path)
  assert.equal(path, join(folder.path, sha256(archive), 'app.mjs'))
  assert.equal(await unpackBundle(fetchArchive, sha256(archive), folder.path), path)
  assert.equal(fetched, 1)
  assert.equal(await readFile(path, 'utf8'), 'export default 1')
})

test('damaged bytes are refused, and nothing is unpacked of them', async () => {
  await using folder = tempFolder()
  const archive = await bundleOf(sound)
  const hash = sha256(archive)
  await assert.rejects(
    unpackBundle(() => bundleOf({ ...sound, 'app.mjs': 'evil' }), hash, folder.path),
    { code: 'NACRE_CORRUPT', message: new RegExp(`fetched as ${hash} has the hash`) },
  )
  assert.deepEqual(await readdir(folder.path), [])
})

test('unpacking that was cut off is done again: app.mjs, which says that all is there, comes last', async () => {
  await using folder = tempFolder()
  const archive = await bundleOf({ ...sound, 'app.mjs.map': '{}', 'natives.json': '{}' })
  const hash = sha256(archive)
  // A folder in the place of the last file but app.mjs: unpacking breaks there.
  await mkdir(join(folder.path, hash, 'natives.json'), { recursive: true })
  await assert.rejects(unpackBundle(async () => archive, hash, folder.path))
  assert.deepEqual((await readdir(join(folder.path, hash))).toSorted(), [
    'app.mjs.map',
    'manifest.json',
    'natives.json',
  ])
  await rmdir(join(folder.path, hash, 'natives.json'))
  const path = await unpackBundle(async () => archive, hash, folder.path)
  assert.equal(await readFile(path, 'utf8'), 'export default 1')
})
