import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeAvro } from '../../../src/avro/index.ts'
import { exportSnapshot, type ExportRequest } from '../../../src/publish/export-snapshot.ts'
import { rowsSource } from '../../../src/publish/export-source.ts'
import { shelfRows, shelfSchema } from '../../support/feed-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const request: ExportRequest = {
  table: 'home.shelves',
  tableUuid: 'c0ffee',
  snapshotId: '9007199254740993',
  sequenceNumber: 3,
  schema: shelfSchema,
  codec: 'deflate',
  partBytes: 16_000,
}
const rows = shelfRows('20000')

async function* inBatches(size: number): AsyncGenerator<readonly object[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size)
}

test('an export holds every row once, in parts whose checksums are those of its manifest', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'feed', 'snapshot')
  const manifest = await exportSnapshot(path, request, () => rowsSource(() => inBatches(3000)))
  assert.equal(manifest.rows, rows.length)
  assert.ok(manifest.parts.length > 2)
  const read: unknown[] = []
  for (const part of manifest.parts) {
    const bytes = await readFile(join(path, part.name))
    assert.equal(createHash('sha256').update(bytes).digest('hex'), part.sha256)
    assert.equal(bytes.length, part.sizeBytes)
    const file = decodeAvro(bytes)
    assert.equal(file.rows.length, part.rows)
    assert.equal(file.metadata['nacre.snapshot-id'], request.snapshotId)
    read.push(...file.rows.map((row) => ({ ...row })))
  }
  assert.deepEqual(read, rows)
  assert.deepEqual(JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')), manifest)
  assert.deepEqual(await readdir(join(folder.path, 'feed')), ['snapshot'])
})

test('the same rows give the same bytes, however the source cuts its batches', async () => {
  await using folder = tempFolder()
  const sumsOf = async (size: number): Promise<readonly object[]> =>
    (await exportSnapshot(join(folder.path, String(size)), request, () => rowsSource(() => inBatches(size))))
      .parts
  const once = await sumsOf(2048)
  for (const size of [1, 999, 20_000]) assert.deepEqual(await sumsOf(size), once)
})

test('no rows give one part without rows', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'empty')
  const manifest = await exportSnapshot(path, request, () => rowsSource(async function* () {}))
  assert.deepEqual(
    manifest.parts.map((part) => [part.name, part.rows]),
    [['part-00000.avro', 0]],
  )
  assert.deepEqual(decodeAvro(await readFile(join(path, 'part-00000.avro'))).rows, [])
})

test('an export that fails leaves nothing, and what a crash left is written anew', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'snapshot')
  let closed = false
  const failing = async function* (): AsyncGenerator<readonly object[]> {
    try {
      yield rows
      throw new Error('the engine stopped')
    } finally {
      closed = true
    }
  }
  await assert.rejects(
    exportSnapshot(path, request, () => rowsSource(failing)),
    /the engine stopped/,
  )
  await assert.rejects(
    exportSnapshot(path, request, () =>
      rowsSource(async function* () {
        yield [{ reader: 'ann', book: 'no number', score: null }]
      }),
    ),
    /slice-00000-00000\.avro cannot be written: Field 'book'/,
  )
  assert.ok(closed)
  assert.deepEqual(await readdir(folder.path), [])
  await mkdir(`${path}.staged`)
  await writeFile(join(`${path}.staged`, 'part-00000.avro'), 'half a part')
  const manifest = await exportSnapshot(path, request, () => rowsSource(() => inBatches(5000)))
  assert.equal(manifest.rows, rows.length)
  const again = await exportSnapshot(path, request, () => assert.fail('it is there already'))
  assert.deepEqual(again, manifest)
})

test('names that Avro does not allow, and maps by number, take the shape of the schema', async () => {
  await using folder = tempFolder()
  const path = join(folder.path, 'shapes')
  const entry = {
    type: 'record',
    name: 'r1',
    fields: [
      { name: 'key', type: 'long' },
      { name: 'value', type: ['null', 'string'] },
    ],
  }
  const inner = {
    type: 'record',
    name: 'r2',
    fields: [{ name: '_1st', type: 'int', 'iceberg-field-name': '1st' }],
  }
  const schema = {
    type: 'record',
    name: 'odd',
    fields: [
      { name: 'daily_x20minutes', type: 'double', 'iceberg-field-name': 'daily minutes' },
      { name: 'titles', type: ['null', { type: 'array', logicalType: 'map', items: entry }] },
      { name: 'places', type: { type: 'array', items: ['null', inner] } },
    ],
  }
  await exportSnapshot(path, { ...request, schema }, () =>
    rowsSource(async function* () {
      yield [{ 'daily minutes': 1.5, titles: { 7: 'Emma', 8: null }, places: [{ '1st': 4 }, null] }]
      yield [{ 'daily minutes': 2, titles: null, places: [] }]
    }),
  )
  const { rows: read } = decodeAvro(await readFile(join(path, 'part-00000.avro')))
  assert.deepEqual(JSON.parse(JSON.stringify(read)), [
    {
      daily_x20minutes: 1.5,
      titles: [
        { key: 7, value: 'Emma' },
        { key: 8, value: null },
      ],
      places: [{ _1st: 4 }, null],
    },
    { daily_x20minutes: 2, titles: null, places: [] },
  ])
})
