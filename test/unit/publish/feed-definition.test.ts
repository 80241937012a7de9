import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportedFile } from '../../../src/publish/exported-file.ts'
import { feed, feedManifest, rabbitmq, webhook } from '../../../src/publish/index.ts'
import type { TableDefinition } from '../../../src/tables/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const shelves: TableDefinition = {
  kind: 'table-ref',
  name: 'home.shelves',
  spec: { columns: { reader: 'string' } },
}

test('a feed is stored with its defaults', () => {
  const mail = webhook({ url: 'https://mail.example/nacre', secret: 'env:MAIL_SECRET' })
  assert.deepEqual(feedManifest(feed({ table: shelves, routes: [rabbitmq(), mail] })), {
    table: 'home.shelves',
    routes: [{ kind: 'rabbitmq' }, mail],
    codec: 'deflate',
    doc: null,
  })
  assert.deepEqual(feedManifest(feed({ table: shelves })).routes, [])
})

test('a route that cannot work is refused where it is written', () => {
  for (const url of ['', 'mail.example', 'ftp://mail.example', 'javascript:alert(1)'])
    assert.throws(() => webhook({ url, secret: 's' }), { code: 'NACRE_APP_INVALID' })
  for (const secret of ['', 'env:'])
    assert.throws(() => webhook({ url: 'https://mail.example', secret }), { code: 'NACRE_APP_INVALID' })
  assert.throws(() => feedManifest(feed({ table: shelves, routes: [rabbitmq(), rabbitmq()] })), {
    code: 'NACRE_APP_INVALID',
    message: "Feed 'home.shelves' has the route 'rabbitmq' twice; leave one.",
  })
})

test('only files of an export can be asked for', async () => {
  await using folder = tempFolder()
  await mkdir(join(folder.path, 'feeds', 'home.shelves', '12'), { recursive: true })
  for (const path of ['secret', 'feeds/manifest.json', 'feeds/home.shelves/manifest.json'])
    await writeFile(join(folder.path, path), 'not for you')
  for (const name of ['part-00000.avro', 'manifest.json', 'notes'])
    await writeFile(join(folder.path, 'feeds', 'home.shelves', '12', name), '')
  const root = join(folder.path, 'feeds')
  for (const name of ['part-00000.avro', 'manifest.json'])
    assert.equal(await exportedFile(root, 'home.shelves', '12', name), join(root, 'home.shelves', '12', name))
  for (const [table, snapshot, name] of [
    ['home.shelves', '12', '../../../secret'],
    ['home.shelves', '12', 'notes'],
    ['home.shelves', '12', 'part-00001.avro'],
    ['home.shelves', '..', 'manifest.json'],
    ['home.shelves', '.', 'manifest.json'],
    ['..', '.', 'manifest.json'],
    ['.', 'home.shelves', 'manifest.json'],
    ['home.shelves/12', '', 'manifest.json'],
    ['home.shelves\0', '12', 'manifest.json'],
  ] as const)
    await assert.rejects(exportedFile(root, table, snapshot, name), { code: 'NACRE_NOT_FOUND' })
})

test('a contract, parts and what is kept are stored as declared, and refused out of range', () => {
  const manifest = feedManifest(
    feed({
      table: shelves,
      contract: { version: 2 },
      content: 'changed-partitions',
      partSize: '64MB',
      keep: 5,
    }),
  )
  assert.deepEqual(manifest.contract, { compatibility: 'full', version: 2 })
  assert.deepEqual([manifest.content, manifest.partBytes, manifest.keep], ['changed-partitions', 64e6, 5])
  const refused = { code: 'NACRE_APP_INVALID', message: /home\.shelves|shelves/ }
  assert.throws(() => feedManifest(feed({ table: shelves, contract: { version: 0 } })), refused)
  assert.throws(() => feedManifest(feed({ table: shelves, keep: 0.5 })), refused)
  assert.throws(() => feedManifest(feed({ table: shelves, partSize: -1 })), refused)
  assert.throws(() => feedManifest(feed({ table: shelves, partSize: 'huge' })), /huge/)
  assert.throws(() => webhook({ url: 'https://mail.example', secret: [] }), /no secret/)
})
