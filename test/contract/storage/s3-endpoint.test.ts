import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AwsV4Signer } from 'aws4fetch'
import { NacreError } from '../../../src/base/index.ts'
import type { KeyGrant, VendedKeys } from '../../../src/storage/index.ts'
import { openTestEndpoint, type TestEndpoint } from '../../support/s3-endpoint.ts'

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

interface Call {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly datetime?: string
}

/** Signs as a client does, and sends. */
async function send(
  { url }: Pick<TestEndpoint, 'url'>,
  keys: VendedKeys,
  { method = 'GET', path, headers = {}, body, datetime }: Call,
): Promise<{ status: number; headers: Headers; text: string }> {
  const signed = await new AwsV4Signer({
    method,
    url: `${url}/nacre${path}`,
    headers: { 'x-amz-content-sha256': sha256(body ?? ''), ...headers },
    ...keys,
    service: 's3',
    region: 'us-east-1',
    ...(datetime && { datetime }),
  }).sign()
  const response = await fetch(signed.url, { method, headers: signed.headers, ...(body && { body }) })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const codeOf = ({ text }: { text: string }): string | undefined => /<Code>(\w+)</.exec(text)?.[1]
const keysIn = ({ text }: { text: string }): string[] =>
  [...text.matchAll(/<Key>([^<]*)</g)].map(([, key]) => key!)

describe('keys', () => {
  test('without keys nothing is told', async () => {
    await using endpoint = await openTestEndpoint()
    for (const method of ['GET', 'PUT', 'POST', 'DELETE'])
      for (const path of ['/nacre', '/nacre?list-type=2', '/nacre/a/t/x', '/nacre/a/t/x?uploads'])
        assert.equal((await fetch(`${endpoint.url}${path}`, { method })).status, 403, `${method} ${path}`)
    assert.equal((await fetch(`${endpoint.url}/nacre/a/t/x`, { method: 'HEAD' })).status, 403)
  })

  test('of one table open no other, also none whose name begins alike', async () => {
    await using endpoint = await openTestEndpoint()
    for (const table of ['t', 't2', 'u'])
      await endpoint.local.files.writeIfAbsent(`s3://nacre/a/${table}/x`, Buffer.from(table))
    const keys = endpoint.keys('a/t')
    assert.equal((await send(endpoint, keys, { path: '/a/t/x' })).text, 't')
    const denied: Call[] = [
      { path: '/a/t2/x' },
      { path: '/a/u/x' },
      { method: 'HEAD', path: '/a/u/x' },
      { method: 'PUT', path: '/a/t2/y', body: 'y' },
      { method: 'DELETE', path: '/a/t2/x' },
      { method: 'POST', path: '/a/t2/y?uploads=' },
      { path: '?list-type=2' },
      { path: '?list-type=2&prefix=a%2Ft' },
      { path: '?list-type=2&prefix=a%2Ft2%2F' },
    ]
    for (const call of denied) {
      const answer = await send(endpoint, keys, call)
      assert.equal(answer.status, 403, `${call.method ?? 'GET'} ${call.path}`)
      if (call.method !== 'HEAD') assert.equal(codeOf(answer), 'AccessDenied')
    }
    const many = await send(endpoint, keys, {
      method: 'POST',
      path: '?delete=',
      body: '<Delete><Object><Key>a/t/x</Key></Object><Object><Key>a/t2/x</Key></Object></Delete>',
    })
    assert.match(many.text, /<Deleted><Key>a\/t\/x<\/Key><\/Deleted>/)
    assert.match(many.text, /<Error><Key>a\/t2\/x<\/Key><Code>AccessDenied<\/Code>/)
    assert.deepEqual(await readdir(join(endpoint.local.mount.folder, 'a/t2')), ['x'])
  })

  test('for reading do not write or delete', async () => {
    await using endpoint = await openTestEndpoint()
    await endpoint.local.files.writeIfAbsent('s3://nacre/a/t/x', Buffer.from('x'))
    const keys = endpoint.keys('a/t', { mode: 'read' })
    assert.equal((await send(endpoint, keys, { path: '/a/t/x' })).status, 200)
    for (const call of [
      { method: 'PUT', path: '/a/t/y', body: 'y' },
      { method: 'DELETE', path: '/a/t/x' },
      { method: 'POST', path: '/a/t/y?uploads=' },
    ])
      assert.equal(codeOf(await send(endpoint, keys, call)), 'AccessDenied')
    assert.deepEqual(await readdir(join(endpoint.local.mount.folder, 'a/t')), ['x'])
  })

  test('never touch what the catalog writes', async () => {
    await using endpoint = await openTestEndpoint()
    const uri = 's3://nacre/a/t/metadata/00001-x.metadata.json'
    await endpoint.local.files.writeIfAbsent(uri, Buffer.from('{}'))
    const keys = endpoint.keys('a/t')
    for (const [method, name] of [
      ['DELETE', '00001-x.metadata.json'],
      ['PUT', '00002-x.metadata.json'],
      ['PUT', '00002-x.metadata.json.gz'],
      ['DELETE', '00001-X.METADATA.json'],
      ['POST', '00002-x.metadata.json?uploads='],
    ] as const) {
      const answer = await send(endpoint, keys, { method, path: `/a/t/metadata/${name}` })
      assert.equal(codeOf(answer), 'AccessDenied', `${method} ${name}`)
    }
    assert.deepEqual(await endpoint.local.files.read(uri), Buffer.from('{}'))
  })

  test('end with their hour', async () => {
    let now = Date.now()
    await using endpoint = await openTestEndpoint({ clock: { now: () => now, sleep: async () => {} } })
    await endpoint.local.files.writeIfAbsent('s3://nacre/a/t/x', Buffer.from('x'))
    const keys = endpoint.keys('a/t', { expiresAt: now + 60_000 })
    assert.equal((await send(endpoint, keys, { path: '/a/t/x' })).status, 200)
    now += 60_000
    assert.equal(codeOf(await send(endpoint, keys, { path: '/a/t/x' })), 'ExpiredToken')
  })

  test('that were tampered with are none', async () => {
    await using endpoint = await openTestEndpoint()
    const keys = endpoint.keys('a/t', { mode: 'read' })
    const [payload = '', signature = ''] = keys.sessionToken.split('.')
    const grant = JSON.parse(Buffer.from(payload, 'base64url').toString()) as KeyGrant
    const forged = Buffer.from(JSON.stringify({ ...grant, mode: 'write' })).toString('base64url')
    const attempts: [string, VendedKeys][] = [
      ['InvalidAccessKeyId', { ...keys, sessionToken: `${forged}.${signature}` }],
      ['InvalidAccessKeyId', { ...keys, sessionToken: `${payload}.${signature}.x` }],
      ['InvalidAccessKeyId', { ...keys, sessionToken: 'x' }],
      ['InvalidAccessKeyId', { ...keys, accessKeyId: 'NACRE0000000000000000' }],
      ['SignatureDoesNotMatch', { ...keys, secretAccessKey: 'guess' }],
      ['SignatureDoesNotMatch', { ...keys, secretAccessKey: endpoint.keys('a/u').secretAccessKey }],
    ]
    for (const [code, tampered] of attempts)
      assert.equal(codeOf(await send(endpoint, tampered, { path: '/a/t/x' })), code)
  })

  test('an old request cannot be sent again', async () => {
    await using endpoint = await openTestEndpoint()
    for (const minutes of [-16, 16]) {
      const at = new Date(Date.now() + minutes * 60_000).toISOString()
      const answer = await send(endpoint, endpoint.keys('a/t'), {
        path: '/a/t/x',
        datetime: at.replaceAll(/[:-]|\.\d{3}/g, ''),
      })
      assert.equal(codeOf(answer), 'RequestTimeTooSkewed')
    }
  })

  test('what was signed cannot be changed: the path, the search, a header, the body', async () => {
    await using endpoint = await openTestEndpoint()
    const keys = endpoint.keys('a/t')
    const signed = await new AwsV4Signer({
      method: 'PUT',
      url: `${endpoint.url}/nacre/a/t/x`,
      headers: { 'x-amz-content-sha256': sha256('body'), 'if-none-match': '*' },
      ...keys,
      service: 's3',
      region: 'us-east-1',
    }).sign()
    const headers = Object.fromEntries(signed.headers)
    const put = async (
      path: string,
      change: Record<string, string>,
      body: string,
    ): Promise<string | undefined> => {
      const init = { method: 'PUT', headers: { ...headers, ...change }, body }
      return codeOf({ text: await (await fetch(`${endpoint.url}/nacre${path}`, init)).text() })
    }
    assert.equal(await put('/a/t/y', {}, 'body'), 'SignatureDoesNotMatch')
    assert.equal(await put('/a/t/x?partNumber=1', {}, 'body'), 'SignatureDoesNotMatch')
    assert.equal(await put('/a/t/x', { 'if-none-match': 'x' }, 'body'), 'SignatureDoesNotMatch')
    assert.equal(await put('/a/t/x', { 'x-amz-meta-added': 'x' }, 'body'), 'AccessDenied')
    assert.equal(await put('/a/t/x', {}, 'evil'), 'XAmzContentSHA256Mismatch')
    assert.deepEqual(await Array.fromAsync(endpoint.local.files.list('s3://nacre/a')), [])
    assert.equal(await put('/a/t/x', {}, 'body'), undefined)
  })

  test('a signed address works until it expires', async () => {
    let now = Date.now()
    await using endpoint = await openTestEndpoint({ clock: { now: () => now, sleep: async () => {} } })
    await endpoint.local.files.writeIfAbsent('s3://nacre/a/t/x y', Buffer.from('x'))
    const { url } = await new AwsV4Signer({
      url: `${endpoint.url}/nacre/a/t/x%20y?X-Amz-Expires=60`,
      ...endpoint.keys('a/t'),
      service: 's3',
      region: 'us-east-1',
      signQuery: true,
    }).sign()
    assert.equal(await (await fetch(url)).text(), 'x')
    url.searchParams.set('X-Amz-Expires', '6000')
    assert.equal((await fetch(url)).status, 403)
    url.searchParams.set('X-Amz-Expires', '60')
    now += 61_000
    assert.equal((await fetch(url)).status, 403)
  })
})

describe('objects', () => {
  test('are read whole, by range and by condition', async () => {
    await using endpoint = await openTestEndpoint()
    await endpoint.local.files.writeIfAbsent('s3://nacre/a/t/x', Buffer.from('0123456789'))
    const read = (headers: Record<string, string> = {}, method = 'GET') =>
      send(endpoint, endpoint.keys('a/t'), { method, path: '/a/t/x', headers })
    const whole = await read()
    assert.deepEqual([whole.status, whole.text], [200, '0123456789'])
    const head = await read({}, 'HEAD')
    assert.deepEqual([head.status, head.headers.get('content-length'), head.text], [200, '10', ''])
    for (const [range, text] of [
      ['bytes=2-4', '234'],
      ['bytes=7-', '789'],
      ['bytes=-3', '789'],
      ['bytes=8-99', '89'],
      ['bytes=-99', '0123456789'],
    ] as const) {
      const part = await read({ range })
      assert.deepEqual([part.status, part.text], [206, text], range)
      assert.match(part.headers.get('content-range')!, /^bytes \d-9?\d?\/10$|^bytes 2-4\/10$/)
    }
    assert.equal((await read({ range: 'bytes=0-1,4-5' })).status, 200)
    const outside = await read({ range: 'bytes=10-' })
    assert.deepEqual([outside.status, codeOf(outside)], [416, 'InvalidRange'])
    const etag = whole.headers.get('etag')!
    assert.equal((await read({ 'if-none-match': etag })).status, 304)
    assert.equal((await read({ 'if-match': '"other"' })).status, 412)
    assert.equal((await read({ 'if-match': etag })).status, 200)
    assert.equal(codeOf(await send(endpoint, endpoint.keys('a/t'), { path: '/a/t/none' })), 'NoSuchKey')
  })

  test('never change; the same bytes may be sent again', async () => {
    await using endpoint = await openTestEndpoint()
    const put = (body: string, headers: Record<string, string> = {}) =>
      send(endpoint, endpoint.keys('a/t'), { method: 'PUT', path: '/a/t/x', body, headers })
    const first = await put('one')
    assert.equal(first.status, 200)
    assert.equal((await put('one')).headers.get('etag'), first.headers.get('etag'))
    assert.equal(codeOf(await put('two')), 'PreconditionFailed')
    assert.equal(codeOf(await put('one', { 'if-none-match': '*' })), 'PreconditionFailed')
    assert.equal(await readFile(join(endpoint.local.mount.folder, 'a/t/x'), 'utf8'), 'one')
  })

  test('cannot leave the folder, be hidden, or be a folder', async () => {
    await using endpoint = await openTestEndpoint()
    const keys = endpoint.keys('a/t')
    await endpoint.local.files.writeIfAbsent('s3://nacre/a/t/file', Buffer.from('x'))
    const put = (path: string) => send(endpoint, keys, { method: 'PUT', path, body: 'x' })
    for (const path of [
      '/a/t/%2e%2e/u/x',
      '/a/t/..%2Fu',
      '/a/t//x',
      '/a/t/.hidden',
      '/a/t/x.tmp',
      '/a/t/%00',
    ]) {
      const { status } = await put(path)
      assert.ok(status === 400 || status === 403, `${path}: ${status}`)
    }
    assert.equal(codeOf(await put('/a/t/file/below')), 'PreconditionFailed')
    assert.equal(codeOf(await put(`/a/t/${'x'.repeat(300)}`)), 'KeyTooLongError')
    assert.deepEqual(await readdir(join(endpoint.local.mount.folder, 'a')), ['t'])
  })

  test('with checksums that do not agree are refused', async () => {
    await using endpoint = await openTestEndpoint()
    const put = (headers: Record<string, string>) =>
      send(endpoint, endpoint.keys('a/t'), { method: 'PUT', path: '/a/t/x', body: '123456789', headers })
    assert.equal(codeOf(await put({ 'x-amz-checksum-crc32': 'AAAAAA==' })), 'BadDigest')
    assert.equal(codeOf(await put({ 'x-amz-checksum-crc32c': 'AAAAAA==' })), 'BadDigest')
    assert.equal(codeOf(await put({ 'content-md5': 'AAAAAA==' })), 'BadDigest')
    assert.deepEqual(await Array.fromAsync(endpoint.local.files.list('s3://nacre/a')), [])
    // The check values of both polynomials: 0xcbf43926 and 0xe3069283.
    const right = { 'x-amz-checksum-crc32': 'y/Q5Jg==', 'x-amz-checksum-crc32c': '4waSgw==' }
    assert.equal((await put(right)).status, 200)
  })

  test('are refused while the disk is full, so that clients try again', async () => {
    await using endpoint = await openTestEndpoint({
      admit: () => {
        throw new NacreError('NACRE_DISK_FULL', 'full')
      },
    })
    const call = { method: 'PUT', path: '/a/t/x', body: 'x' }
    const answer = await send(endpoint, endpoint.keys('a/t'), call)
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'SlowDown'])
  })

  test('end when the disk gets full meanwhile, and leave nothing', async () => {
    let asked = 0
    await using endpoint = await openTestEndpoint({
      admit: () => {
        if (++asked > 2) throw new NacreError('NACRE_DISK_FULL', 'no room')
      },
    })
    const body = randomBytes(500_000)
    const answer = await send(endpoint, endpoint.keys('a/t'), { method: 'PUT', path: '/a/t/x', body })
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'SlowDown'])
    assert.deepEqual(await readdir(join(endpoint.local.mount.folder, 'a/t')), [])
  })

  test('of documents are held in memory up to a size, also when their length is told late', async () => {
    await using endpoint = await openTestEndpoint()
    const size = 1_500_000
    const chunk = Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), Buffer.alloc(size, 'x')])
    const signed = await new AwsV4Signer({
      method: 'POST',
      url: `${endpoint.url}/nacre?delete=`,
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': String(size),
      },
      ...endpoint.keys('a/t', { mode: 'read' }),
      service: 's3',
      region: 'us-east-1',
    }).sign()
    const body = new Blob([chunk, '\r\n0\r\n\r\n']).stream()
    const answer = await fetch(signed.url, { method: 'POST', headers: signed.headers, body, duplex: 'half' })
    assert.equal(codeOf({ text: await answer.text() }), 'EntityTooLarge')
  })

  for (const content of ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'])
    test(`are taken in chunks: ${content}`, async () => {
      await using endpoint = await openTestEndpoint()
      const cache = new Map<string, ArrayBuffer>()
      const put = async (key: string, chunk: string): Promise<string | undefined> => {
        const signer = new AwsV4Signer({
          method: 'PUT',
          url: `${endpoint.url}/nacre/a/t/${key}`,
          headers: {
            'x-amz-content-sha256': content,
            'x-amz-decoded-content-length': '9',
            'x-amz-trailer': 'x-amz-checksum-crc32',
            'content-encoding': 'aws-chunked',
          },
          ...endpoint.keys('a/t'),
          service: 's3',
          region: 'us-east-1',
          cache,
        })
        const { headers, url } = await signer.sign()
        let previous = await signer.signature()
        const [secret] = cache.values()
        const next = (kind: string, ...rest: string[]): string => {
          const scope = `${signer.datetime.slice(0, 8)}/us-east-1/s3/aws4_request`
          const text = [`AWS4-HMAC-SHA256-${kind}`, signer.datetime, scope, previous, ...rest].join('\n')
          return (previous = createHmac('sha256', Buffer.from(secret!)).update(text).digest('hex'))
        }
        const trailer = 'x-amz-checksum-crc32:y/Q5Jg==\n'
        const body = content.includes('UNSIGNED')
          ? `9\r\n${chunk}\r\n0\r\n${trailer.trim()}\r\n\r\n`
          : `9;chunk-signature=${next('PAYLOAD', sha256(''), sha256('123456789'))}\r\n${chunk}\r\n0;chunk-signature=${next('PAYLOAD', sha256(''), sha256(''))}\r\n${trailer.trim()}\r\nx-amz-trailer-signature:${next('TRAILER', sha256(trailer))}\r\n\r\n`
        return codeOf({ text: await (await fetch(url, { method: 'PUT', headers, body })).text() })
      }
      assert.equal(await put('x', '123456789'), undefined)
      assert.equal(await readFile(join(endpoint.local.mount.folder, 'a/t/x'), 'utf8'), '123456789')
      assert.match((await put('y', '12345678X'))!, /^(BadDigest|SignatureDoesNotMatch)$/)
      assert.deepEqual(await readdir(join(endpoint.local.mount.folder, 'a/t')), ['x'])
    })

  test('whose sender is cut off are not there', async () => {
    await using endpoint = await openTestEndpoint()
    const { local } = endpoint
    const signed = await new AwsV4Signer({
      method: 'PUT',
      url: `${endpoint.url}/nacre/a/t/cut`,
      headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      ...endpoint.keys('a/t'),
      service: 's3',
      region: 'us-east-1',
    }).sign()
    const socket = connect(Number(signed.url.port), signed.url.hostname)
    const head = [...signed.headers].map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(
      `PUT ${signed.url.pathname} HTTP/1.1\r\nhost: ${signed.url.host}\r\n${head.join('')}content-length: 9000000\r\n\r\n`,
    )
    socket.write(randomBytes(4_000_000))
    const files = async (): Promise<string[]> =>
      (await Array.fromAsync(local.files.list('s3://nacre/a'))).map(({ uri }) => uri)
    while ((await files()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const list = { path: '?list-type=2&prefix=a%2Ft%2F' }
    assert.deepEqual(keysIn(await send(endpoint, endpoint.keys('a/t'), list)), [])
    socket.destroy()
    await once(socket, 'close')
    while ((await files()).length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  })
})

describe('lists', () => {
  test('give keys in order, in pages, and folders as one entry', async () => {
    await using endpoint = await openTestEndpoint()
    const keys = endpoint.keys('a/t')
    const names = ['a/t/b', 'a/t/d/x', 'a/t/d/y', 'a/t/d.z', 'a/t/e&<f', 'a/t/g h']
    for (const name of names) await endpoint.local.files.writeIfAbsent(`s3://nacre/${name}`, Buffer.from('x'))
    await mkdir(join(endpoint.local.mount.folder, 'a/t/.staging-1'))
    await writeFile(join(endpoint.local.mount.folder, 'a/t/.staging-1/x'), 'x')
    const list = (query: string) => send(endpoint, keys, { path: `?list-type=2&prefix=a%2Ft%2F${query}` })
    const inOrder = names.toSorted()
    const url = '&encoding-type=url'
    assert.deepEqual(keysIn(await list(url)).map(decodeURIComponent), inOrder)
    assert.match((await list('')).text, /<Key>a\/t\/e&amp;&lt;f<\/Key>/)
    const flat = await list('&delimiter=%2F')
    assert.match(flat.text, /<CommonPrefixes><Prefix>a\/t\/d\/<\/Prefix><\/CommonPrefixes>/)
    assert.equal(keysIn(flat).length, 4)
    const paged: string[] = []
    for (let token = ''; ;) {
      const page = await list(`${url}&max-keys=2${token === '' ? '' : `&continuation-token=${token}`}`)
      paged.push(...keysIn(page).map(decodeURIComponent))
      const next = /<NextContinuationToken>([^<]*)</.exec(page.text)?.[1]
      assert.equal(page.text.includes('<IsTruncated>true<'), next !== undefined)
      if (next === undefined) break
      token = next
    }
    assert.deepEqual(paged, inOrder)
    assert.deepEqual(keysIn(await list('&start-after=a%2Ft%2Fd%2Fx')), [
      'a/t/d/y',
      'a/t/e&amp;&lt;f',
      'a/t/g h',
    ])
    assert.deepEqual(keysIn(await list('d%2F')), ['a/t/d/x', 'a/t/d/y'])
    assert.deepEqual(keysIn(await list('&max-keys=0')), [])
  })
})

describe('uploads in parts', () => {
  const begin = async (endpoint: TestEndpoint, keys: VendedKeys, key = 'a/t/x'): Promise<string> => {
    const { text } = await send(endpoint, keys, { method: 'POST', path: `/${key}?uploads=` })
    return /<UploadId>([^<]*)</.exec(text)![1]!
  }
  const put = async (endpoint: TestEndpoint, keys: VendedKeys, id: string, number: number, body: string) => {
    const path = `/a/t/x?partNumber=${number}&uploadId=${id}`
    return (await send(endpoint, keys, { method: 'PUT', path, body })).headers.get('etag')!
  }
  const complete = (endpoint: TestEndpoint, keys: VendedKeys, id: string, parts: [number, string][]) =>
    send(endpoint, keys, {
      method: 'POST',
      path: `/a/t/x?uploadId=${id}`,
      body: `<CompleteMultipartUpload>${parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join('')}</CompleteMultipartUpload>`,
    })

  test('appear when they are completed, and may be completed again', async () => {
    await using endpoint = await openTestEndpoint()
    const keys = endpoint.keys('a/t')
    const id = await begin(endpoint, keys)
    const second = await put(endpoint, keys, id, 2, 'two')
    await put(endpoint, keys, id, 1, 'other')
    const first = await put(endpoint, keys, id, 1, 'one')
    assert.equal((await send(endpoint, keys, { path: '/a/t/x' })).status, 404)
    const listed = await send(endpoint, keys, { path: `/a/t/x?uploadId=${id}` })
    assert.match(listed.text, /<PartNumber>1<.*<PartNumber>2</s)
    const done = await complete(endpoint, keys, id, [
      [1, first],
      [2, second],
    ])
    assert.equal(done.status, 200)
    assert.equal((await send(endpoint, keys, { path: '/a/t/x' })).text, 'onetwo')
    assert.equal(
      (
        await complete(endpoint, keys, id, [
          [1, first],
          [2, second],
        ])
      ).text,
      done.text,
    )
  })

  test('with wrong parts, of another key, or ended ones are refused', async () => {
    await using endpoint = await openTestEndpoint()
    const keys = endpoint.keys('a/t')
    const id = await begin(endpoint, keys)
    const etag = await put(endpoint, keys, id, 1, 'one')
    assert.equal(codeOf(await complete(endpoint, keys, id, [[1, '"0-1"']])), 'InvalidPart')
    assert.equal(codeOf(await complete(endpoint, keys, id, [[1, '../key']])), 'InvalidPart')
    assert.equal(
      codeOf(
        await complete(endpoint, keys, id, [
          [2, etag],
          [1, etag],
        ]),
      ),
      'InvalidPartOrder',
    )
    assert.equal(codeOf(await complete(endpoint, keys, '..%2F..%2Fwarehouse', [[1, etag]])), 'NoSuchUpload')
    assert.equal(
      codeOf(await complete(endpoint, keys, await begin(endpoint, keys, 'a/t/y'), [[1, etag]])),
      'NoSuchUpload',
    )
    await send(endpoint, keys, { method: 'DELETE', path: `/a/t/x?uploadId=${id}` })
    assert.equal(codeOf(await complete(endpoint, keys, id, [[1, etag]])), 'NoSuchUpload')
  })

  test('that were given up are removed after a day', async () => {
    await using endpoint = await openTestEndpoint()
    const keys = endpoint.keys('a/t')
    const [old, young] = [await begin(endpoint, keys), await begin(endpoint, keys)]
    const dayAgo = Date.now() / 1000 - 86_401
    await utimes(join(endpoint.local.uploadFolder, old), dayAgo, dayAgo)
    const newest = await begin(endpoint, keys)
    assert.deepEqual((await readdir(endpoint.local.uploadFolder)).toSorted(), [young, newest].toSorted())
  })
})
