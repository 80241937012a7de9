import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openS3Store, type ObjectStorage, type Store } from '../../../src/storage/index.ts'

const storage: ObjectStorage = {
  endpoint: 'http://store.test:9000',
  region: 'eu-west-1',
  accessKeyId: 'KEY',
  secretAccessKey: 'SECRET',
  pathStyle: true,
}

interface Sent {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
}

/** A store whose requests are answered by `answer`, in place of the network; waits take no time. */
async function storeOf(
  answer: (sent: Sent, index: number) => Response | Promise<Response>,
  { signal, partBytes = 4 }: { signal?: AbortSignal; partBytes?: number } = {},
): Promise<{ store: Store; sent: Sent[]; waits: number[] }> {
  const sent: Sent[] = []
  const waits: number[] = []
  const store = await openS3Store(
    { uri: 's3://tables/w', storage, partBytes },
    {
      fetch: async (url, init) => {
        const one = { method: init!.method!, url: new URL(url as URL), headers: new Headers(init!.headers) }
        sent.push(one)
        return answer(one, sent.length)
      },
      clock: { now: () => 0, sleep: async (ms) => void waits.push(ms) },
      random: () => 1,
      ...(signal && { signal }),
    },
  )
  return { store, sent, waits }
}

const failure = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  new Response(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>said so</Message></Error>`, {
    status,
    headers,
  })

const bytes = Buffer.from('x')

async function* stream(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

describe('what may pass is tried again', () => {
  test('faults and «slow down», with longer and longer waits', async () => {
    const { store, waits } = await storeOf((_sent, index) =>
      index <= 3 ? failure(503, 'SlowDown') : new Response('content'),
    )
    assert.equal(Buffer.from(await store.read('s3://tables/w/x')).toString(), 'content')
    assert.deepEqual(waits, [50, 100, 200])
  })

  test('a network that fails, then says who does not answer', async () => {
    const { store, sent } = await storeOf(() => {
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
    })
    await assert.rejects(store.read('s3://tables/w/x'), {
      code: 'NACRE_UNAVAILABLE',
      message:
        'The object store at http://store.test:9000/tables does not answer (fetch failed: connect ECONNREFUSED). Is NACRE_S3_ENDPOINT right, and is it running?',
    })
    assert.equal(sent.length, 7)
  })

  test('not once the work is called off', async () => {
    const stop = new AbortController()
    const { store, sent } = await storeOf(
      () => {
        stop.abort(new Error('called off'))
        return failure(503, 'SlowDown')
      },
      { signal: stop.signal },
    )
    await assert.rejects(store.read('s3://tables/w/x'), /called off/)
    assert.equal(sent.length, 1)
  })
})

describe('a write whose answer was lost', () => {
  test('is known as done, by its mark', async () => {
    let mark = ''
    const { store } = await storeOf(({ method, headers }, index) => {
      if (index === 1) {
        mark = headers.get('x-amz-meta-nacre-write')!
        throw new TypeError('fetch failed')
      }
      if (method === 'PUT') return failure(412, 'PreconditionFailed')
      return new Response(null, { headers: { 'x-amz-meta-nacre-write': mark } })
    })
    await store.writeIfAbsent('s3://tables/w/x', bytes)
    assert.notEqual(mark, '')
  })

  test("is a conflict when the object is another's", async () => {
    const { store } = await storeOf(({ method }) =>
      method === 'PUT'
        ? failure(412, 'PreconditionFailed')
        : new Response(null, { headers: { 'x-amz-meta-nacre-write': 'of somebody else' } }),
    )
    await assert.rejects(store.writeIfAbsent('s3://tables/w/x', bytes), {
      code: 'NACRE_CONFLICT',
      message: 'File s3://tables/w/x exists already.',
    })
  })
})

describe('an upload in parts', () => {
  const begun = new Response(
    '<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>',
  )

  test('that fails at any request is ended, and nothing is completed', async () => {
    for (const failing of ['partNumber=1', 'partNumber=2', 'complete']) {
      const { store, sent } = await storeOf(({ method, url }) => {
        if (method === 'DELETE') return new Response(null, { status: 204 })
        const isComplete = method === 'POST' && url.searchParams.has('uploadId')
        if (isComplete ? failing === 'complete' : url.search.includes(failing)) return failure(400, 'Refused')
        if (url.searchParams.has('uploads')) return begun.clone()
        return new Response(null, { headers: { etag: '"e"' } })
      })
      await assert.rejects(store.writeIfAbsent('s3://tables/w/x', stream('four', 'more', 'last')), {
        message: /answered Refused/,
      })
      const last = sent.at(-1)!
      assert.deepEqual([last.method, last.url.search], ['DELETE', '?uploadId=7'], failing)
    }
  })

  test('is not done when its completion answers with an error in a success', async () => {
    const { store } = await storeOf(({ method, url }) => {
      if (url.searchParams.has('uploads')) return begun.clone()
      if (method === 'POST') return new Response('<Error><Code>InternalError</Code></Error>')
      return new Response(null, { headers: { etag: '"e"' } })
    })
    await assert.rejects(store.writeIfAbsent('s3://tables/w/x', stream('four', 'more')), {
      code: 'NACRE_UNAVAILABLE',
    })
  })

  test('reads its source no further ahead than two parts', async () => {
    let read = 0
    let sent = 0
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; read < 400; read++) {
        assert.ok(read <= sent + 9, `${read} bytes were read when ${sent} were sent`)
        yield bytes
      }
    }
    const { store } = await storeOf(({ method, url }) => {
      if (url.searchParams.has('uploads')) return begun.clone()
      if (method === 'POST') return new Response('<CompleteMultipartUploadResult/>')
      sent += 4
      return new Response(null, { headers: { etag: '"e"' } })
    })
    await store.writeIfAbsent('s3://tables/w/x', source())
    assert.deepEqual([read, sent], [400, 400])
  })

  test('sends parts of one size, whatever the pieces', async () => {
    const sizes: number[] = []
    const { store } = await storeOf(async ({ method, url, headers }) => {
      if (url.searchParams.has('uploads')) return begun.clone()
      if (method === 'POST') return new Response('<CompleteMultipartUploadResult/>')
      sizes.push(headers.get('x-amz-content-sha256')!.length)
      return new Response(null, { headers: { etag: '"e"' } })
    })
    await store.writeIfAbsent('s3://tables/w/x', stream('a', 'bcdefghij', '', 'kl', 'm'))
    assert.equal(sizes.length, 4) // 13 bytes in parts of 4
  })
})

describe('refusals teach', () => {
  const cases: [Response, RegExp][] = [
    [
      failure(403, 'AccessDenied'),
      /refuses key 'KEY' to GET s3:\/\/tables\/w\/x \(AccessDenied\)\. Check the key and its secret/,
    ],
    [
      failure(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'us-west-2' }),
      /Bucket 'tables' is in region us-west-2, not in eu-west-1\. Set NACRE_S3_REGION\./,
    ],
    [failure(404, 'NoSuchBucket'), /There is no bucket 'tables'\. Make it, or correct NACRE_WAREHOUSE\./],
    [failure(400, 'Odd'), /The object store answered Odd to GET s3:\/\/tables\/w\/x: said so\./],
    [new Response('<html>a proxy', { status: 418 }), /answered status 418 to GET/],
  ]
  for (const [response, message] of cases)
    test(String(message), async () => {
      const { store } = await storeOf(() => response.clone())
      await assert.rejects(store.read('s3://tables/w/x'), { code: 'NACRE_UNAVAILABLE', message })
    })

  test('and never tell the secret', async () => {
    const { store } = await storeOf(() => failure(403, 'AccessDenied'))
    const error: unknown = await store.read('s3://tables/w/x').catch((thrown: unknown) => thrown)
    assert.ok(!JSON.stringify(error).includes('SECRET') && !String(error).includes('SECRET'))
  })
})

test('a bucket is named in the host when the style says so', async () => {
  let url = ''
  const store = await openS3Store(
    { uri: 's3://tables', storage: { ...storage, endpoint: null, pathStyle: false } },
    { fetch: async (to) => ((url = (to as URL).href), new Response('')) },
  )
  await store.read('s3://tables/a b/ü')
  assert.equal(url, 'https://tables.s3.eu-west-1.amazonaws.com/a%20b/%C3%BC')
})

test('a place that is no bucket is refused', async () => {
  for (const uri of ['s3://', 's3://B', 's3://tables/', 's3://tables//x', 'gs://tables', 'tables'])
    await assert.rejects(openS3Store({ uri, storage }), { code: 'NACRE_INPUT' }, uri)
})
