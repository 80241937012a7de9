import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { writeFileDurably } from '../../../src/base/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a file is written whole, replaced whole, and its parents are made', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'a/b/file')
  await writeFileDurably(path, 'first, and longer')
  await writeFileDurably(path, Buffer.from('second'))
  assert.equal(await readFile(path, 'utf8'), 'second')
  assert.deepEqual(await readdir(join(folder.path, 'a/b')), ['file'])
})

test('a path relative to the current folder will do', async () => {
  await using folder = tempFolder()
  const from = relative(process.cwd(), folder.path)
  await writeFileDurably(join(from, 'a/file'), 'x')
  await writeFileDurably(join(from, 'file'), 'y')
  assert.equal(await readFile(join(folder.path, 'a/file'), 'utf8'), 'x')
  assert.equal(await readFile(join(folder.path, 'file'), 'utf8'), 'y')
})

test('the parts of an async iterable follow each other', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'file')
  async function* parts(): AsyncIterable<Uint8Array> {
    yield Buffer.from('one ')
    yield Buffer.from('two')
  }
  await writeFileDurably(path, parts())
  assert.equal(await readFile(path, 'utf8'), 'one two')
})

test('only the owner may read a secret', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'secret')
  await writeFileDurably(path, 'x', { mode: 0o600 })
  assert.equal((await stat(path)).mode & 0o777, 0o600)
})

test('with ifAbsent an existing file is left alone, and of many writers one wins', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'file')
  const writes = await Promise.allSettled(
    ['a', 'b', 'c', 'd'].map((text) => writeFileDurably(path, text, { ifAbsent: true })),
  )
  const won = writes.flatMap(({ status }, index) => (status === 'fulfilled' ? ['abcd'[index]] : []))
  assert.deepEqual([await readFile(path, 'utf8')], won)
  await assert.rejects(writeFileDurably(path, 'late', { ifAbsent: true }), { code: 'EEXIST' })
  assert.deepEqual([await readFile(path, 'utf8')], won)
  assert.deepEqual(await readdir(folder.path), ['file'])
})

test('a write that fails leaves the old file and nothing else', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'file')
  await writeFile(path, 'old')
  async function* broken(): AsyncIterable<Uint8Array> {
    yield Buffer.from('half')
    throw new Error('the source broke')
  }
  await assert.rejects(writeFileDurably(path, broken()), /the source broke/)
  assert.equal(await readFile(path, 'utf8'), 'old')

  await mkdir(join(folder.path, 'taken'))
  await assert.rejects(writeFileDurably(join(folder.path, 'taken'), 'x'))
  await assert.rejects(writeFileDurably(join(path, 'below-a-file'), 'x'))
  assert.deepEqual((await readdir(folder.path)).toSorted(), ['file', 'taken'])
})
