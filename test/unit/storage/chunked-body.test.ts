import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { readChunked } from '../../../src/server/s3/chunked-body.ts'
import type { SigningKey } from '../../../src/storage/index.ts'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
const example = {
  key: ['us-east-1', 's3', 'aws4_request'].reduce(
    hmac as (key: Buffer, text: string) => Buffer,
    hmac('AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '20130524'),
  ),
  datetime: '20130524T000000Z',
  scope: '20130524/us-east-1/s3/aws4_request',
  seed: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  signatures: [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ],
}
const signing = { ...example, key: Uint8Array.from(example.key).buffer } satisfies SigningKey

const exampleBody = (fill = 'a'): string => {
  const [first, second, last] = example.signatures
  return `10000;chunk-signature=${first}\r\n${fill.repeat(65536)}\r\n400;chunk-signature=${second}\r\n${'a'.repeat(1024)}\r\n0;chunk-signature=${last}\r\n\r\n`
}

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(
  text: string,
  { signing: key = null, size = 1000 }: { signing?: SigningKey | null; size?: number } = {},
): Promise<{ text: string; trailers: Record<string, string> }> {
  const trailers: Record<string, string> = {}
  const onTrailer = (name: string, value: string): void => void (trailers[name] = value)
  const chunks = await Array.fromAsync(readChunked(cut(text, size), { signing: key, onTrailer }))
  return { text: Buffer.concat(chunks).toString(), trailers }
}

describe('a body of signed chunks', () => {
  test('is read as in the example of the specification', async () => {
    assert.equal((await read(exampleBody(), { signing })).text, 'a'.repeat(65536 + 1024))
  })

  test('that was changed, cut or reordered is refused', async () => {
    const refused = { code: 'SignatureDoesNotMatch' }
    await assert.rejects(read(exampleBody('b'), { signing }), refused)
    const [first, , last] = example.signatures
    const shortened = `10000;chunk-signature=${first}\r\n${'a'.repeat(65536)}\r\n0;chunk-signature=${last}\r\n\r\n`
    await assert.rejects(read(shortened, { signing }), refused)
    await assert.rejects(read('3\r\nabc\r\n0\r\n\r\n', { signing }), refused)
    await assert.rejects(read(exampleBody().slice(0, 66_000), { signing }), { code: 'IncompleteBody' })
  })

  test('has signed trailing headers', async () => {
    const next = (kind: string, previous: string, ...rest: string[]): string =>
      hmac(
        example.key,
        [`AWS4-HMAC-SHA256-${kind}`, signing.datetime, signing.scope, previous, ...rest].join('\n'),
      ).toString('hex')
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
    const first = next('PAYLOAD', signing.seed, hash(''), hash('abc'))
    const last = next('PAYLOAD', first, hash(''), hash(''))
    const trailer = next('TRAILER', last, hash('x-amz-checksum-crc32:AAAA\n'))
    const body = `3;chunk-signature=${first}\r\nabc\r\n0;chunk-signature=${last}\r\nx-amz-checksum-crc32:AAAA\r\n`
    const signed = `${body}x-amz-trailer-signature:${trailer}\r\n\r\n`
    assert.deepEqual(await read(signed, { signing }), {
      text: 'abc',
      trailers: { 'x-amz-checksum-crc32': 'AAAA' },
    })
    await assert.rejects(read(`${body}\r\n`, { signing }), { code: 'SignatureDoesNotMatch' })
    await assert.rejects(read(signed.replace('AAAA', 'BBBB'), { signing }), { code: 'SignatureDoesNotMatch' })
  })
})

describe('a body of unsigned chunks', () => {
  test('is read however it is cut', async () => {
    const body = '3\r\nabc\r\n5\r\nde\r\nf\r\n0\r\nx-amz-checksum-crc32: AAAA\r\n\r\n'
    for (const size of [1, 2, 3, 7, 100])
      assert.deepEqual(await read(body, { size }), {
        text: 'abcde\r\nf',
        trailers: { 'x-amz-checksum-crc32': 'AAAA' },
      })
  })

  test('that is malformed or too short is refused', async () => {
    for (const body of [
      '',
      'x\r\n',
      '5\r\nabc',
      '3\r\nabcX0\r\n\r\n',
      '-3\r\nabc',
      'fffffffff\r\n',
      'a'.repeat(9000),
    ])
      await assert.rejects(read(body), { code: 'IncompleteBody' }, JSON.stringify(body.slice(0, 20)))
  })
})
