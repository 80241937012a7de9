import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { pack, type Header } from 'tar-stream'
import { packArchive } from '../../../src/bundles/index.ts'
import { unpackArchive } from '../../../src/bundles/archive.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

/** A gzipped tar as anybody could make it. */
async function foreign(
  ...entries: readonly (Partial<Header> & { name: string; body?: string })[]
): Promise<Uint8Array> {
  const tar = pack()
  for (const { body = '', ...header } of entries) tar.entry(header, body)
  tar.finalize()
  return gzipSync(await buffer(tar))
}

test('the same files give the same bytes, whatever order they come in', async () => {
  const one = await packArchive({ 'app.mjs': bytes('export default 1'), 'manifest.json': bytes('{}') })
  const two = await packArchive({ 'manifest.json': bytes('{}'), 'app.mjs': bytes('export default 1') })
  assert.deepEqual(one, two)
  assert.notDeepEqual(one, await packArchive({ 'app.mjs': bytes('export default 2') }))
})

test('files come out as they went in', async () => {
  const files = { 'app.mjs': bytes('x'.repeat(100_000)), empty: bytes(''), 'b_1-x.json': Buffer.of(0, 255) }
  const unpacked = await unpackArchive(await packArchive(files))
  assert.deepEqual([...unpacked.keys()].toSorted(), ['app.mjs', 'b_1-x.json', 'empty'])
  for (const [name, content] of Object.entries(files))
    assert.deepEqual(Buffer.from(unpacked.get(name)!), Buffer.from(content))
})

const refused = { code: 'NACRE_APP_INVALID' }

test('bytes that are no gzipped tar are refused with what to do', async () => {
  const archive = await packArchive({ 'app.mjs': bytes('x'.repeat(3000)) })
  const tar = gunzipSync(archive)
  const damaged = Buffer.from(tar)
  damaged[0] = damaged[0]! ^ 0xff // the checksum of the header no longer fits
  for (const garbage of [
    Buffer.alloc(0),
    bytes('PK\u0003\u0004'),
    archive.subarray(0, archive.length / 2),
    gzipSync(damaged),
    gzipSync(tar.subarray(0, 1000)),
  ]) {
    await assert.rejects(unpackArchive(garbage), { ...refused, message: /not a gzipped tar.*nacre deploy/ })
  }
})

test('an archive that grows beyond the limit when unpacked is refused', async () => {
  const bomb = await packArchive({ 'app.mjs': new Uint8Array(1024 ** 2) })
  assert.ok(bomb.length < 10_000)
  await assert.rejects(unpackArchive(bomb, { maxBytes: 1024 ** 2 }), {
    ...refused,
    message: /at most 1048576 bytes/,
  })
})

for (const name of ['../app.mjs', '/etc/passwd', 'a/b', 'a\\b', '..', '.', '.hidden', 'a b', 'ä.mjs']) {
  test(`a file named '${name}' is refused`, async () => {
    await assert.rejects(unpackArchive(await foreign({ name, body: 'x' })), refused)
  })
}

test('what is not a plain file is refused', async () => {
  for (const header of [
    { name: 'app.mjs', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'app.mjs', type: 'link', linkname: 'manifest.json' },
    { name: 'folder', type: 'directory' },
  ] as const)
    await assert.rejects(unpackArchive(await foreign(header)), refused)
})

test("names of JavaScript's own are names like others", async () => {
  const files = await unpackArchive(await foreign({ name: '__proto__', body: 'x' }, { name: 'a', body: 'y' }))
  assert.deepEqual([...files.keys()], ['__proto__', 'a'])
})
