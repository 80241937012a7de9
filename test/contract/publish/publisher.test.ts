import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { NacreError } from '../../../src/base/index.ts'
import { verifySignature } from '../../../src/publish/consume.ts'
import { publishMigrations, rabbitmq, webhook, type Notification } from '../../../src/publish/index.ts'
import { databases } from '../../support/databases.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import {
  commitSnapshot,
  eventually,
  feedOf,
  openTestPublisher,
  shelfRows,
  startReceiver,
} from '../../support/feed-world.ts'

const secret = 'a shared secret'
const idsOf = (requests: readonly { body: string }[]): string[] =>
  requests.map(({ body }) => (JSON.parse(body) as Notification).data.snapshotId)

for (const { name, skip, open } of databases) {
  suite(`publisher on ${name}`, { skip }, () => {
    test('each snapshot is announced in order, on every route, with a signature', async () => {
      await using folder = tempFolder()
      await using database = await open(publishMigrations)
      await using one = await startReceiver()
      await using two = await startReceiver()
      const feeds = [
        feedOf([webhook({ url: one.url, secret }), webhook({ url: two.url, secret: 'env:TWO' })]),
      ]
      for (const id of ['1', '2', '3']) await commitSnapshot(database, feeds, id)
      await using publisher = await openTestPublisher(database, folder.path, feeds, {
        environment: { TWO: 'another secret' },
      })
      await eventually(
        () => one.requests.length >= 3 && two.requests.length >= 3,
        'both heard of three snapshots',
      )
      assert.deepEqual(idsOf(one.requests), ['1', '2', '3'])
      assert.deepEqual(idsOf(two.requests), ['1', '2', '3'])
      const { headers, body } = one.requests[0]!
      assert.equal(headers['nacre-message-id'], 'uuid-of-home.shelves:1')
      const notification = verifySignature(body, String(headers['nacre-signature']), secret)
      assert.equal(notification.data.rows, 1)
      verifySignature(
        two.requests[2]!.body,
        String(two.requests[2]!.headers['nacre-signature']),
        'another secret',
      )
      await eventually(async () => (await publisher.listFeeds())[0]!.pending === 0, 'nothing is pending')
      const [status] = await publisher.listFeeds()
      assert.equal(status!.latest?.snapshotId, '3')
      assert.equal(status!.latest?.rows, 3)
      assert.deepEqual(
        status!.routes.map(({ delivered, failing }) => ({ delivered, failing })),
        [
          { delivered: 3, failing: null },
          { delivered: 3, failing: null },
        ],
      )
    })
  })
}
