import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenMigrations } from '../../src/platform/tokens.ts'
import {
  publishMigrations,
  webhook,
  type FeedDetail,
  type FeedStatus,
  type Notification,
} from '../../src/publish/index.ts'
import { databases } from '../support/databases.ts'
import { makeToken, startFeedServer } from '../support/feed-server.ts'
import {
  commitSnapshot,
  eventually,
  feedOf,
  openTestPublisher,
  startReceiver,
} from '../support/feed-world.ts'
import { tempFolder } from '../support/temp-folder.ts'

const table = 'home.shelves'

interface Event {
  readonly id: string
  readonly type: string
  readonly notification: Notification
}

/** The events of a stream, as a client that knows nothing of Nacre reads them. */
async function* eventsOf(response: Response): AsyncGenerator<Event> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop()!
    for (const block of blocks.filter((each) => each.includes('data: '))) {
      const lines = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)))
      yield {
        id: lines['id'] as string,
        type: lines['event'] as string,
        notification: JSON.parse(lines['data'] as string) as Notification,
      }
    }
  }
}

test('feeds over HTTP: list, detail, contract, history, stream and replay, each for who may', async () => {
  await using folder = tempFolder()
  await using database = await databases[0]!.open([...publishMigrations, ...tokenMigrations])
  await using receiver = await startReceiver()
  const feeds = [feedOf([webhook({ url: receiver.url, secret: 's' })])]
  await using publisher = await openTestPublisher(database, folder.path, feeds)
  await using server = await startFeedServer(database, () => publisher)
  const viewer = await makeToken(database, 'viewer')
  const editor = await makeToken(database, 'editor')
  const call = (path: string, { token = viewer, ...init }: RequestInit & { token?: string } = {}) =>
    fetch(`${server.url}/api/v1/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
    })
  const ask = async <Answer>(path: string): Promise<Answer> => (await call(path)).json() as Promise<Answer>
  const replay = (body: object, token = editor): Promise<Response> =>
    call(`feeds/${table}/replay`, {
      token,
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
  for (const id of ['1', '2', '3']) await commitSnapshot(database, feeds, id)
  publisher.wake()
  await eventually(() => receiver.requests.length === 3, 'all are told')

  const [status] = await ask<FeedStatus[]>('feeds')
  assert.equal(status!.table, table)
  const detail = await ask<FeedDetail>(`feeds/${table}`)
  assert.deepEqual(
    detail.publications.map(({ snapshotId, published }) => [snapshotId, published?.rows]),
    [
      ['3', 3],
      ['2', 2],
      ['1', 1],
    ],
  )
  assert.deepEqual(
    detail.contract.versions[0]!.fields.map(({ name, type, nullable }) => [name, type, nullable]),
    [
      ['reader', 'string', false],
      ['book', 'long', false],
      ['score', 'double', true],
    ],
  )
  const schema = await ask<{ name: string }>(`feeds/${table}/contract/1.0`)
  assert.equal(schema.name, 'shelves')
  const history = await ask<Notification[]>(`feeds/${table}/notifications?from=2`)
  assert.deepEqual(
    history.map(({ data }) => data.snapshotId),
    ['2', '3'],
  )
  assert.equal((await call('feeds/home.nothing')).status, 404)
  assert.equal((await call(`feeds/${table}/contract/9.9`)).status, 404)
  assert.equal((await call(`feeds/${table}/notifications?from=yesterday`)).status, 400)
  assert.equal((await call('feeds/events?feed=home.nothing')).status, 404)
  assert.equal((await call('feeds/events')).status, 400)
  assert.equal((await call(`feeds/events?feed=${table}`, { token: 'wrong' })).status, 401)

  const stop = new AbortController()
  const stream = await call(`feeds/events?feed=${table}&reader=mail`, {
    headers: { 'last-event-id': history[0]!.id },
    signal: stop.signal,
  })
  assert.equal(stream.headers.get('content-type'), 'text/event-stream')
  const events = eventsOf(stream)
  const { value: first } = await events.next()
  assert.deepEqual([first!.type, first!.notification.data.snapshotId], ['nacre.dataset.ready.v1', '3'])
  assert.equal(first!.id, first!.notification.id)
  assert.deepEqual((await ask<FeedDetail>(`feeds/${table}`)).readers, [{ name: 'mail', via: 'sse' }])
  await commitSnapshot(database, feeds, '4')
  publisher.wake()
  assert.equal((await events.next()).value!.notification.data.snapshotId, '4')
  stop.abort()
  await eventually(
    async () => (await ask<FeedDetail>(`feeds/${table}`)).readers.length === 0,
    'a stream that is gone is forgotten',
  )

  const stranger = await makeToken(database, 'editor', 'blue')
  for (const token of [viewer, stranger]) assert.equal((await replay({ snapshotId: '3' }, token)).status, 403)
  const owner = await makeToken(database, 'editor', 'red')
  assert.equal((await replay({ snapshotId: '77' }, owner)).status, 404)
  assert.equal((await replay({})).status, 400)
  assert.equal((await replay({ snapshotId: '3', since: '3' })).status, 400)
  assert.equal((await replay({ snapshotId: '77' })).status, 404)
  const before = receiver.requests.length
  assert.deepEqual(await (await replay({ snapshotId: '3' })).json(), {
    snapshots: ['3'],
    routes: [`webhook ${receiver.url}`],
    exportedAgain: [],
  })
  await eventually(() => receiver.requests.length > before, 'it is sent again')
})
