import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  fileUriOfPath,
  openFileStore,
  openMemoryStore,
  openS3Store,
  pathOfFileUri,
  type Store,
} from '../../../src/storage/index.ts'
import {
  noObjectStorage,
  startObjectStorage,
  type ForeignObjectStorage,
} from '../../support/object-storage.ts'
import { openTestEndpoint } from '../../support/s3-endpoint.ts'
import { tempFolder } from '../../support/temp-folder.ts'

interface OpenedStore extends AsyncDisposable {
  readonly store: Store
  readonly root: string
}

/** A kind of store: how to open one, or why there is none here. */
interface StoreKind {
  readonly skip?: string | false
  readonly open: () => OpenedStore | Promise<OpenedStore>
}

let foreign: Promise<ForeignObjectStorage> | undefined
after(async () => (await foreign)?.[Symbol.asyncDispose]())

const kinds: Readonly<Record<string, StoreKind>> = {
  memory: {
    open: () => ({
      store: openMemoryStore('memory:///root'),
      root: 'memory:///root',
      [Symbol.asyncDispose]: async () => {},
    }),
  },
  file: {
    open() {
      const folder = tempFolder()
      const root = fileUriOfPath(folder.path)
      return {
        store: openFileStore(root),
        root,
        [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
      }
    },
  },
  mount: {
    open() {
      const folder = tempFolder()
      const root = 's3://nacre/below'
      return {
        store: openFileStore({ uri: root, folder: join(folder.path, 'warehouse') }),
        root,
        [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
      }
    },
  },
  'our endpoint': {
    async open() {
      const endpoint = await openTestEndpoint()
      const { accessKeyId, secretAccessKey, sessionToken } = endpoint.keys('a/t')
      const storage = { endpoint: endpoint.url, region: 'us-east-1', pathStyle: true }
      const root = 's3://nacre/a/t'
      return {
        store: await openS3Store({
          uri: root,
          storage: { ...storage, accessKeyId, secretAccessKey, sessionToken },
          partBytes: 5 * 1024 ** 2,
        }),
        root,
        [Symbol.asyncDispose]: () => endpoint[Symbol.asyncDispose](),
      }
    },
  },
  'object storage of others': {
    skip: noObjectStorage,
    async open() {
      foreign ??= startObjectStorage()
      const { storage, bucket } = await foreign
      const root = `${bucket}/${randomUUID()}`
      return {
        store: await openS3Store({ uri: root, storage, partBytes: 5 * 1024 ** 2 }),
        root,
        [Symbol.asyncDispose]: async () => {},
      }
    },
  },
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}
const urisBelow = async (store: Store, folder: string): Promise<string[]> =>
  (await Array.fromAsync(store.list(folder))).map(({ uri }) => uri)

for (const [name, { skip = false, open }] of Object.entries(kinds)) {
  describe(`store: ${name}`, { skip }, () => {
    test('gives back what was written', async () => {
      await using opened = await open()
      const { store, root } = opened
      await store.writeIfAbsent(`${root}/a/b c%20é`, bytes(1, 2, 3))
      assert.deepEqual([...(await store.read(`${root}/a/b c%20é`))], [1, 2, 3])
      assert.equal(await store.settle(`${root}/a/b c%20é`), 3)
    })

    test('writes a stream', async () => {
      await using opened = await open()
      const { store, root } = opened
      await store.writeIfAbsent(`${root}/stream`, chunks(bytes(1), bytes(2, 3)))
      assert.deepEqual([...(await store.read(`${root}/stream`))], [1, 2, 3])
    })

    test('writes a stream of many parts, and never over another file', async () => {
      await using opened = await open()
      const { store, root } = opened
      const piece = randomBytes(700_001)
      const many = Array.from({ length: 20 }, () => piece)
      await store.writeIfAbsent(`${root}/large`, chunks(...many))
      const written = await store.read(`${root}/large`)
      const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')
      assert.equal(hash(written), hash(Buffer.concat(many)))
      await assert.rejects(store.writeIfAbsent(`${root}/large`, chunks(...many)), { code: 'NACRE_CONFLICT' })
    })

    test('a stream that fails after many parts leaves nothing', async () => {
      await using opened = await open()
      const { store, root } = opened
      async function* broken(): AsyncGenerator<Uint8Array> {
        for (let part = 0; part < 20; part++) yield Buffer.alloc(1024 ** 2)
        throw new Error('torn')
      }
      await assert.rejects(store.writeIfAbsent(`${root}/f/broken`, broken()), /torn/)
      assert.deepEqual(await urisBelow(store, root), [])
    })

    test('a stream that fails leaves nothing', async () => {
      await using opened = await open()
      const { store, root } = opened
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield bytes(1)
        throw new Error('torn')
      }
      await assert.rejects(store.writeIfAbsent(`${root}/f/broken`, broken()), /torn/)
      assert.deepEqual(await urisBelow(store, root), [])
    })

    test('never replaces a file', async () => {
      await using opened = await open()
      const { store, root } = opened
      const writes = await Promise.allSettled(
        [1, 2, 3, 4].map((value) => store.writeIfAbsent(`${root}/one`, bytes(value))),
      )
      assert.equal(writes.filter(({ status }) => status === 'fulfilled').length, 1)
      await assert.rejects(store.writeIfAbsent(`${root}/one`, bytes(9)), { code: 'NACRE_CONFLICT' })
      const winner = writes.findIndex(({ status }) => status === 'fulfilled') + 1
      assert.deepEqual([...(await store.read(`${root}/one`))], [winner])
    })

    test('an absent file is named', async () => {
      await using opened = await open()
      const { store, root } = opened
      const missing = { code: 'NACRE_NOT_FOUND', message: `File ${root}/gone does not exist.` }
      await assert.rejects(store.read(`${root}/gone`), missing)
      await assert.rejects(store.settle(`${root}/gone`), missing)
    })

    test('lists the files of a folder in order, and no others', async () => {
      await using opened = await open()
      const { store, root } = opened
      for (const file of ['t/b', 't/a/z', 't2/x', 't/a/y'])
        await store.writeIfAbsent(`${root}/${file}`, bytes(1, 2))
      assert.deepEqual(
        await urisBelow(store, `${root}/t`),
        ['t/a/y', 't/a/z', 't/b'].map((file) => `${root}/${file}`),
      )
      assert.deepEqual(await urisBelow(store, `${root}/none`), [])
      const [first] = await Array.fromAsync(store.list(`${root}/t`))
      assert.equal(first!.sizeBytes, 2)
      assert.ok(Math.abs(first!.modifiedAt - Date.now()) < 3_600_000)
    })

    test('removes a file, also one that is gone', async () => {
      await using opened = await open()
      const { store, root } = opened
      await store.writeIfAbsent(`${root}/x`, bytes(1))
      await store.delete(`${root}/x`)
      await store.delete(`${root}/x`)
      assert.deepEqual(await urisBelow(store, root), [])
    })

    test('refuses names outside it', async () => {
      await using opened = await open()
      const { store, root } = opened
      for (const uri of [`${root}x/file`, `${root}/../x`, `${root}/a//b`, 's3://bucket/file', '/etc/passwd'])
        await assert.rejects(async () => store.read(uri), { code: 'NACRE_INPUT' }, uri)
    })
  })
}

test('a file URI is the path as it stands, and cannot climb', () => {
  assert.equal(pathOfFileUri('file:///a/b c%20é'), '/a/b c%20é')
  assert.equal(fileUriOfPath('/a/b c%20é'), 'file:///a/b c%20é')
  for (const uri of [
    'file:///a/../b',
    'file:///a/./b',
    'file:///a//b',
    'file://host/a',
    'a/b',
    'file:///a\0',
  ])
    assert.throws(() => pathOfFileUri(uri), { code: 'NACRE_INPUT' }, uri)
})

test('a file that another program wrote is settled to its size', async () => {
  await using folder = tempFolder()
  await mkdir(join(folder.path, 'deep/er'), { recursive: true })
  await writeFile(join(folder.path, 'deep/er/file'), 'four')
  const store = openFileStore(fileUriOfPath(folder.path))
  assert.equal(await store.settle(`file://${folder.path}/deep/er/file`), 4)
})

test('writing leaves no other files behind', async () => {
  await using folder = tempFolder()
  const store = openFileStore(fileUriOfPath(folder.path))
  await store.writeIfAbsent(`file://${folder.path}/x`, bytes(1))
  await store.writeIfAbsent(`file://${folder.path}/x`, bytes(2)).catch(() => undefined)
  assert.deepEqual(await readdir(folder.path), ['x'])
})

test('a mount serves the names of its folder too', async () => {
  await using folder = tempFolder()
  const store = openFileStore({ uri: 's3://nacre', folder: folder.path })
  await store.writeIfAbsent('s3://nacre/a/t/x', bytes(1))
  assert.deepEqual([...(await store.read(`file://${folder.path}/a/t/x`))], [1])
  assert.deepEqual(await urisBelow(store, 's3://nacre/a'), ['s3://nacre/a/t/x'])
  assert.deepEqual(await urisBelow(store, `file://${folder.path}/a`), [`file://${folder.path}/a/t/x`])
})

test('a symbolic link out of the folder is no way out', async () => {
  await using folder = tempFolder()
  await using outside = tempFolder()
  await writeFile(join(outside.path, 'secret'), 'secret')
  await symlink(outside.path, join(folder.path, 'link'))
  await symlink(join(outside.path, 'secret'), join(folder.path, 'file'))
  const store = openFileStore({ uri: 's3://nacre', folder: folder.path })
  const refused = { code: 'NACRE_INPUT', message: /symbolic link/ }
  await assert.rejects(store.read('s3://nacre/link/secret'), refused)
  await assert.rejects(store.read('s3://nacre/file'), refused)
  await assert.rejects(store.writeIfAbsent('s3://nacre/link/new', bytes(1)), refused)
  await assert.rejects(store.delete('s3://nacre/link/secret'), refused)
  assert.deepEqual(await urisBelow(store, 's3://nacre'), [])
  assert.deepEqual(await readdir(outside.path), ['secret'])
})
