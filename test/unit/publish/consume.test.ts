import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readFeed, verifySignature, type Notification } from '../../../src/publish/consume.ts'
import { exportSnapshot } from '../../../src/publish/export-snapshot.ts'
import { rowsSource } from '../../../src/publish/export-source.ts'
import { notificationOf } from '../../../src/publish/notification.ts'
import { signatureHeader } from '../../../src/publish/webhook/signature.ts'
import { shelfRows, shelfSchema } from '../../support/feed-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const rows = shelfRows('5000')

/** An export, its notification, and a `fetch` that serves its files to whoever holds the token. */
async function exportedWorld(folder: string): Promise<{ notification: Notification; fetch: typeof fetch }> {
  const manifest = await exportSnapshot(
    join(folder, 'home.shelves', '12'),
    {
      table: 'home.shelves',
      tableUuid: 'c0ffee',
      snapshotId: '12',
      sequenceNumber: 3,
      schema: shelfSchema,
      codec: 'deflate',
      partBytes: 8000,
    },
    () =>
      rowsSource(async function* () {
        yield rows
      }),
  )
  const at = new Date('2026-01-05T00:00:00Z')
  return {
    notification: notificationOf(
      {
        position: 1n,
        table: manifest.table,
        tableUuid: manifest.tableUuid,
        snapshotId: manifest.snapshotId,
        sequenceNumber: 3n,
        isReturn: false,
        committedAt: at,
        exportedAt: at,
        facts: JSON.stringify({ ...manifest, content: 'full', schemaVersion: '1.0' }),
      },
      { publicUrl: 'http://nacre.test' },
    ),
    async fetch(url, init) {
      if (new Headers(init?.headers).get('authorization') !== 'Bearer t')
        return new Response(null, { status: 401 })
      const path = join(folder, new Request(url).url.replace('http://nacre.test/api/v1/feeds/', ''))
      return readFile(path).then(
        (bytes) => new Response(new Uint8Array(bytes)),
        () => new Response(null, { status: 404 }),
      )
    },
  }
}

const collect = async (feed: AsyncIterable<object>): Promise<object[]> =>
  (await Array.fromAsync(feed)).map((row) => ({ ...row }))

test('a feed is read row by row from all its parts', async () => {
  await using folder = tempFolder()
  const { notification, fetch } = await exportedWorld(folder.path)
  assert.ok(notification.data.parts.length > 1)
  assert.deepEqual(await collect(readFeed(notification, { fetch, token: 't' })), rows)
})

test('no row of a part with a wrong checksum is given', async () => {
  await using folder = tempFolder()
  const { notification, fetch } = await exportedWorld(folder.path)
  const [first, ...rest] = notification.data.parts
  const parts = [{ ...first!, sha256: '0'.repeat(64) }, ...rest]
  const feed = readFeed({ ...notification, data: { ...notification.data, parts } }, { fetch, token: 't' })
  await assert.rejects(feed.next(), { code: 'NACRE_CORRUPT' })
})

test('a feed that cannot be read says why', async () => {
  await using folder = tempFolder()
  const { notification, fetch } = await exportedWorld(folder.path)
  await assert.rejects(readFeed(notification, { fetch }).next(), { code: 'NACRE_NOT_SIGNED_IN' })
  const parts = [
    { ...notification.data.parts[0]!, url: 'http://nacre.test/feeds/home.shelves/11/part-00000.avro' },
  ]
  const superseded = { ...notification, data: { ...notification.data, parts } }
  await assert.rejects(readFeed(superseded, { fetch, token: 't' }).next(), { code: 'NACRE_NOT_FOUND' })
  const away = async (): Promise<Response> => Promise.reject(new TypeError('fetch failed'))
  await assert.rejects(readFeed(notification, { fetch: away }).next(), { code: 'NACRE_UNAVAILABLE' })
})

test('a signature holds for its body, secret and time only', () => {
  const body = JSON.stringify({ id: 'a:1' })
  const seconds = 1_767_571_200
  const now = (): number => (seconds + 299) * 1000
  const header = signatureHeader(body, ['secret'], seconds)
  // From `printf '1767571200.{"id":"a:1"}' | openssl dgst -sha256 -hmac secret`.
  assert.equal(header, 't=1767571200,v1=853c22b05ec7f665c3d83fb25ce38da068d0396c1caa3faafe615c27881e1194')
  assert.equal(verifySignature(body, header, 'secret', { now }).id, 'a:1')
  assert.equal(verifySignature(body, `${header},v1=00`, 'secret', { now }).id, 'a:1')
  // While a secret is replaced, either side may be the first to know the new one.
  const both = signatureHeader(body, ['new', 'secret'], seconds)
  assert.equal(verifySignature(body, both, 'secret', { now }).id, 'a:1')
  assert.equal(verifySignature(body, header, ['new', 'secret'], { now }).id, 'a:1')
  const later = (): number => (seconds + 301) * 1000
  const wrong: [string, string | undefined, string, () => number][] = [
    [`${body} `, header, 'secret', now],
    [body, header, 'other', now],
    [body, header, 'secret', later],
    [body, header.replace('t=1767571200', 't=1767571201'), 'secret', now],
    [body, header.slice(0, -2), 'secret', now],
    [body, 'v1=,t=x', 'secret', now],
    [body, '', 'secret', now],
    [body, undefined, 'secret', now],
  ]
  for (const [text, given, secret, at] of wrong)
    assert.throws(() => verifySignature(text, given, secret, { now: at }), { code: 'NACRE_NOT_ALLOWED' })
})
