import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { NacreError } from '../../../src/base/index.ts'
import { countBytes, magic } from '../../../src/avro/container-format.ts'
import { decodeAvro, encodeAvro, readAvro, writeAvro } from '../../../src/avro/index.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const schema = {
  type: 'record',
  name: 'reading',
  fields: [
    { name: 'id', type: 'long', 'field-id': 1 },
    { name: 'title', type: ['null', 'string'], default: null, 'field-id': 2 },
    { name: 'day', type: ['null', { type: 'int', logicalType: 'date' }], default: null },
    { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-micros' }], default: null },
    { name: 'price', type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 20, scale: 2 }] },
    { name: 'cover', type: ['null', 'bytes'], default: null },
    { name: 'tags', type: ['null', { type: 'array', items: ['null', 'string'] }], default: null },
    { name: 'big', type: ['null', 'long'], default: null },
  ],
}

const row = {
  id: 1,
  title: 'Emma',
  day: '1815-12-23',
  at: '2026-01-05T10:00:00.123456Z',
  price: '-12.50',
  cover: Uint8Array.of(0, 255),
  tags: ['a', null],
  big: -9_007_199_254_740_993n,
}
const empty = { id: 2, title: null, day: null, at: null, price: null, cover: null, tags: null, big: null }

/** avsc makes objects of classes of its own. */
const plain = (rows: readonly object[]): object[] =>
  rows.map((value) => {
    const { cover, ...rest } = value as typeof row
    return { ...rest, cover: cover && [...cover] }
  })

async function* batches<Row extends object>(...all: Row[][]): AsyncGenerator<Row[]> {
  yield* all
}
async function* sliced(file: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < file.length; start += size) yield file.subarray(start, start + size)
}
const written = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(chunks))

for (const codec of ['null', 'deflate', 'zstandard'] as const) {
  test(`rows come back as they were: ${codec}`, () => {
    const { rows, metadata } = decodeAvro(encodeAvro([row, empty], { schema, codec, metadata: { run: '7' } }))
    assert.deepEqual(plain(rows), plain([row, empty]))
    assert.equal(metadata['run'], '7')
    assert.equal(metadata['avro.codec'], codec)
  })

  test(`a stream of many blocks reads the same in chunks of any size: ${codec}`, async () => {
    const many = Array.from({ length: 500 }, (_, id) => ({ ...empty, id, title: `book ${id}` }))
    const file = await written(
      writeAvro(batches(many.slice(0, 7), [], many.slice(7)), { schema, codec, blockBytes: 256 }),
    )
    assert.deepEqual(plain(decodeAvro(file).rows), plain(many))
    for (const size of [1, 17, 1000, file.length]) {
      const read = await Array.fromAsync(readAvro(sliced(file, size)))
      assert.ok(read.length > 10, 'many blocks')
      assert.deepEqual(plain(read.flat()), plain(many))
    }
  })
}

test('the header keeps attributes Avro does not know', () => {
  const header = decodeAvro(encodeAvro([], { schema }))
  assert.deepEqual(header.schema, schema)
  assert.deepEqual(header.rows, [])
})

test('a row larger than the buffer fits', () => {
  const title = 'x'.repeat(1_000_000)
  const { rows } = decodeAvro<typeof row>(encodeAvro([{ ...row, title }], { schema }))
  assert.equal(rows[0]!.title, title)
})

test('the same rows and marker give the same bytes', () => {
  const syncMarker = Buffer.alloc(16, 7)
  assert.deepEqual(encodeAvro([row], { schema, syncMarker }), encodeAvro([row], { schema, syncMarker }))
  assert.throws(() => encodeAvro([], { schema, syncMarker: Buffer.alloc(3) }), /16 bytes, not 3/)
})

test('a row that does not fit names the field and the value', async () => {
  assert.throws(
    () => encodeAvro([{ ...row, day: 'tomorrow' }], { schema }),
    /Field 'day' of a row .*"tomorrow" does not fit/,
  )
  await assert.rejects(written(writeAvro(batches([{ ...row, id: 2n ** 63n }]), { schema })), {
    code: 'NACRE_INPUT',
    message: /Field 'id' .*9223372036854775808/,
  })
})

test('bytes that are no Avro file are refused, naming file and byte', async () => {
  const syncMarker = Buffer.alloc(16, 7)
  const file = await written(
    writeAvro(batches([row], [row]), { schema, codec: 'null', syncMarker, blockBytes: 1 }),
  )
  const first = file.indexOf(syncMarker) + 16
  const second = file.indexOf(syncMarker, first) + 16
  const changed = (at: number, byte: number): Buffer => {
    const copy = Buffer.from(file)
    copy[at] = byte
    return copy
  }
  const cases: Record<string, [Uint8Array, string]> = {
    cut: [file.subarray(0, -1), `${second}, it ends within a block`],
    'cut within the first count': [file.subarray(0, first + 1), `${first}, it ends within a block`],
    header: [file.subarray(0, 20), '0, it ends within its header'],
    nothing: [Buffer.alloc(0), '0, it ends within its header'],
    text: [Buffer.from('{"a":1}'), '0, it does not begin with the magic bytes'],
    'last marker': [changed(file.length - 1, 1), `${second}, the sync marker behind a block is wrong`],
    'first marker': [changed(second - 1, 1), `${first}, the sync marker behind a block is wrong`],
    'negative count': [changed(first, 1), `${first}, the length of a block is wrong`],
    'fewer rows than data': [changed(first, 0), `${first}, a block holds more than its rows`],
    'more rows than data': [changed(first, 4), `${first}, a block ends within a row`],
    codec: [
      Buffer.from(file.toString('latin1').replace('codec\bnull', 'codec\bnill'), 'latin1'),
      `0, its codec is 'nill'`,
    ],
  }
  for (const [name, [bytes, reason]] of Object.entries(cases)) {
    const wanted = (error: unknown): boolean => {
      assert.ok(error instanceof NacreError)
      assert.equal(error.code, 'NACRE_CORRUPT')
      assert.ok(
        error.message.startsWith(`part.avro is not a whole Avro file: at byte ${reason}`),
        error.message,
      )
      return true
    }
    const options = { file: 'part.avro' }
    assert.throws(() => decodeAvro(bytes, options), wanted, name)
    for (const size of [1, 16, 10_000])
      await assert.rejects(Array.fromAsync(readAvro(sliced(bytes, size), options)), wanted, name)
  }
})

test('a few bytes do not stand for rows or bytes without end', () => {
  const text = (value: string): Buffer => Buffer.concat([countBytes(value.length), Buffer.from(value)])
  const file = (rowCount: number, data: Buffer, fields: readonly object[]): Buffer => {
    const written = JSON.stringify({ type: 'record', name: 'r', fields })
    const entries = [text('avro.schema'), text(written), text('avro.codec'), text('deflate')]
    const sync = Buffer.alloc(16, 1)
    const header = [Buffer.from(magic), countBytes(2), ...entries, Buffer.of(0), sync]
    return Buffer.concat([...header, countBytes(rowCount), countBytes(data.length), data, sync])
  }
  assert.throws(() => decodeAvro(file(2 ** 40, deflateRawSync(''), [])), {
    code: 'NACRE_CORRUPT',
    message: /a block of 0 bytes cannot hold 1099511627776 rows/,
  })
  const bomb = deflateRawSync(Buffer.alloc(257 * 1024 ** 2), { level: 1 })
  assert.throws(() => decodeAvro(file(1, bomb, [{ name: 'b', type: 'bytes' }])), {
    code: 'NACRE_CORRUPT',
    message: /larger than 268435456 bytes/,
  })
})

test('what the stream throws while it is read is thrown as it is, and a reader that stops ends the stream', async () => {
  let ended = 0
  const file = Buffer.from(encodeAvro([row], { schema }))
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield file
      throw new Error('the connection is gone')
    } finally {
      ended++
    }
  }
  await assert.rejects(Array.fromAsync(readAvro(failing())), /^Error: the connection is gone/)
  for await (const _ of readAvro(failing())) break
  assert.equal(ended, 2)
})

const python = process.env['NACRE_TEST_PYTHON']

test(
  'fastavro reads what we write',
  { skip: python === undefined && 'NACRE_TEST_PYTHON names no Python with fastavro' },
  async () => {
    await using folder = tempFolder()
    const path = join(folder.path, 'file.avro')
    writeFileSync(path, encodeAvro([row, empty], { schema }))
    const script = `import fastavro, sys
for r in fastavro.reader(open(sys.argv[1], 'rb')): print(r['id'], r['big'], r['day'], r['at'], r['price'], r['cover'], r['tags'])`
    assert.deepEqual(execFileSync(python!, ['-c', script, path]).toString().trim().split('\n'), [
      "1 -9007199254740993 1815-12-23 2026-01-05 10:00:00.123456+00:00 -12.50 b'\\x00\\xff' ['a', None]",
      '2 None None None None None None',
    ])
  },
)
