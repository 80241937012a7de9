import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LoggedRequest } from '../../../src/events/segment-record.ts'
import {
  engineWriter,
  replayRejected,
  type EventManifest,
  type RecentEvent,
} from '../../../src/events/index.ts'
import { NacreError } from '../../../src/base/index.ts'
import { databases } from '../../support/databases.ts'
import { eventWorldMigrations, eventWorldPlan, openEventWorld } from '../../support/event-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const receivedAt = Date.UTC(2026, 0, 5, 12)

function batch(...items: object[]): LoggedRequest {
  return {
    receivedAt,
    meta: { writeKey: 'web', route: 'batch' },
    body: Buffer.from(JSON.stringify({ batch: items })),
  }
}

const opened = (messageId: string, properties: object = { edition: 'e1', page: 1 }): object => ({
  type: 'track',
  event: 'Book Opened',
  userId: 'u1',
  messageId,
  timestamp: '2026-01-04T10:00:00Z',
  properties,
})

for (const kind of databases) {
  describe(`decoder: ${kind.name}`, { skip: kind.skip }, () => {
    test('good events land in their tables, bad ones in events.rejected, each once', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(eventWorldMigrations)
      await using world = await openEventWorld(folder.path, database)
      const heard: RecentEvent[] = []
      world.decoder.subscribe((event) => heard.push(event))
      await world.log.append(batch(opened('a'), opened('b'), opened('a'), opened('bad', { page: -1 })))
      await world.log.append(
        batch({ type: 'identify', userId: 'u1', messageId: 'i', traits: { plan: 'trial' } }),
      )
      await world.decoder.catchUp()
      await world.log.append(batch(opened('b'), opened('c'), opened('bad', { page: -1 })))
      await world.decoder.catchUp()

      const rows = await world.rows<Record<string, unknown>>('events.book_opened')
      assert.deepEqual(
        rows.map(({ message_id, edition, page, ts, received_at, write_key }) => [
          message_id,
          edition,
          page,
          ts,
          received_at,
          write_key,
        ]),
        ['a', 'b', 'c'].map((id) => [
          id,
          'e1',
          1,
          '2026-01-04T10:00:00.000Z',
          '2026-01-05T12:00:00.000Z',
          'web',
        ]),
      )
      assert.equal((await world.rows('events.identify')).length, 1)
      const rejected = await world.rows<Record<string, unknown>>('events.rejected')
      assert.deepEqual(
        rejected.map(({ message_id, reason, pointer, schema_version }) => [
          message_id,
          reason,
          pointer,
          schema_version,
        ]),
        [['bad', 'schema_required', '/edition', '1-0-0']],
      )
      const { landed, rejected: rejectedCount, duplicates, backlogBytes, failing } = world.decoder.summary()
      assert.deepEqual(
        { landed, rejected: rejectedCount, duplicates, backlogBytes, failing },
        { landed: 4, rejected: 1, duplicates: 3, backlogBytes: 0, failing: null },
      )
      assert.equal(heard.length, 8)
      assert.deepEqual(
        world.decoder.recent(3).map(({ messageId, verdict }) => [messageId, verdict]),
        [
          ['bad', 'duplicate'],
          ['c', 'landed'],
          ['b', 'duplicate'],
        ],
        'as they came, newest first',
      )
      const minutes = world.decoder.perMinute()
      assert.equal(minutes.length, 60)
      assert.equal(
        minutes.reduce((sum, minute) => sum + minute.landed, 0),
        4,
      )
    })

    test('a decoder that starts again goes on where the last commit was', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(eventWorldMigrations)
      {
        await using world = await openEventWorld(folder.path, database)
        await world.log.append(batch(opened('a')))
        await world.decoder.catchUp()
      }
      await using world = await openEventWorld(folder.path, database)
      await world.log.append(batch(opened('a'), opened('b')))
      await world.decoder.catchUp()
      assert.equal((await world.rows('events.book_opened')).length, 2)
      assert.equal(world.decoder.summary().landed, 2)
      assert.equal(world.decoder.summary().duplicates, 1)
    })

    test('a commit that fails leaves nothing, and is done again', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(eventWorldMigrations)
      let failures = 0
      await using world = await openEventWorld(folder.path, database, {
        wrapCatalog: (catalog) => ({
          ...catalog,
          commit: (changes, options) =>
            catalog.commit(changes, {
              ...options,
              async within(transaction, committed) {
                await options?.within?.(transaction, committed)
                failures += 1
                if (failures <= 2) throw new NacreError('NACRE_UNAVAILABLE', 'The database went away.')
              },
            }),
        }),
      })
      await world.log.append(batch(opened('a'), opened('bad', {})))
      await world.decoder.catchUp()
      assert.equal(failures, 3)
      assert.equal((await world.rows('events.book_opened')).length, 1)
      assert.equal((await world.rows('events.rejected')).length, 1)
      assert.equal(world.decoder.summary().failing, null)
    })
  })
}

describe('decoder', () => {
  const [kind] = databases

  test('a new plan makes its tables and takes its events; a table that cannot be changed so has its events rejected', async () => {
    await using folder = tempFolder()
    await using database = await kind!.open(eventWorldMigrations)
    let plan: readonly EventManifest[] = eventWorldPlan
    await using world = await openEventWorld(folder.path, database, { plan: () => plan })
    await world.log.append(batch(opened('a')))
    await world.decoder.catchUp()
    const [first, ...others] = eventWorldPlan as [EventManifest, ...EventManifest[]]
    const columns = { ...first.table.spec.columns, page: { type: 'date' } as const }
    plan = [{ ...first, table: { ...first.table, spec: { ...first.table.spec, columns } } }, ...others]
    await world.decoder.catchUp()
    await world.log.append(
      batch(opened('b'), { type: 'identify', userId: 'u', messageId: 'i', traits: { plan: 'x' } }),
    )
    await world.decoder.catchUp()
    assert.equal((await world.rows('events.book_opened')).length, 1)
    assert.equal((await world.rows('events.identify')).length, 1)
    const [row] = await world.rows<{ reason: string; message: string }>('events.rejected')
    assert.equal(row?.reason, 'table_refused')
    assert.match(row.message, /page/)
  })

  test('a row that the engine refuses is rejected with its reason, and the others land', async () => {
    await using folder = tempFolder()
    await using database = await kind!.open(eventWorldMigrations)
    // The contract says any string, the column says date: what only the engine can find out.
    const [first] = eventWorldPlan as [EventManifest, ...EventManifest[]]
    const columns = { ...first.table.spec.columns, edition: { type: 'date' } as const }
    const plan = [{ ...first, table: { ...first.table, spec: { ...first.table.spec, columns } } }]
    await using world = await openEventWorld(folder.path, database, { plan: () => plan })
    const items = Array.from({ length: 40 }, (_, index) =>
      opened(`m${index}`, { edition: index % 17 === 5 ? 'no day' : '2026-01-01', page: 1 }),
    )
    await world.log.append(batch(...items))
    await world.decoder.catchUp()
    assert.equal((await world.rows('events.book_opened')).length, 37)
    const rejected = await world.rows<{ message_id: string; reason: string; message: string }>(
      'events.rejected',
    )
    assert.deepEqual(
      rejected.map(({ message_id }) => message_id),
      ['m22', 'm39', 'm5'],
    )
    assert.ok(
      rejected.every(({ reason, message }) => reason === 'engine_refused' && message.includes('no day')),
    )
  })

  test('odd values that are within the contract land', async () => {
    await using folder = tempFolder()
    await using database = await kind!.open(eventWorldMigrations)
    await using world = await openEventWorld(folder.path, database)
    const texts = [
      '',
      '\0',
      '\uD800',
      '\\',
      '"',
      '\n',
      '🙂',
      "';--",
      '{"a":1}',
      '\u2028',
      'null',
      'x'.repeat(30_000),
    ]
    await world.log.append(
      batch(...texts.map((edition, index) => opened(`m${index}`, { edition, page: 2 ** 53 - 1 }))),
    )
    await world.decoder.catchUp()
    const rows = await world.rows<{ message_id: string; edition: string }>('events.book_opened')
    const editions = new Map(rows.map(({ message_id, edition }) => [message_id, edition]))
    for (const [index, text] of texts.entries()) {
      assert.equal(editions.get(`m${index}`), text.toWellFormed().replace('\0', '\uFFFD'))
    }
  })

  test('replaying lands rejected events that fit a newer plan, once', async () => {
    await using folder = tempFolder()
    await using database = await kind!.open(eventWorldMigrations)
    let plan: readonly EventManifest[] = eventWorldPlan.slice(1)
    await using world = await openEventWorld(folder.path, database, { plan: () => plan })
    const now = Date.now()
    const rest = Array.from({ length: 3 }, (_, index) => opened(`rest${index}`))
    const many = [...Array.from({ length: 2500 }, () => opened('same')), ...rest]
    await world.log.append({ ...batch(opened('a'), opened('b', { page: -1 })), receivedAt: now })
    await world.log.append({ ...batch(...many), receivedAt: now })
    await world.log.append({ ...batch(opened('old')), receivedAt: now - 40 * 86_400_000 })
    await world.log.append({
      ...batch(opened('q')),
      receivedAt: now,
      meta: { writeKey: null, route: 'batch' },
    })
    await world.decoder.catchUp()
    plan = eventWorldPlan
    await world.log.append({ ...batch(opened('new')), receivedAt: now })
    await world.decoder.catchUp()
    const replay = (unknownKeyAs?: string): ReturnType<typeof replayRejected> =>
      replayRejected(
        {
          database,
          catalog: world.catalog,
          engine: world.engine,
          writeRows: engineWriter(world.engine),
          plan,
        },
        unknownKeyAs === undefined ? {} : { unknownKeyAs },
      )
    assert.deepEqual(await replay(), { read: 7, landed: 5, duplicates: 0, rejected: 2 })
    assert.deepEqual(await replay('web'), { read: 7, landed: 1, duplicates: 5, rejected: 1 })
    assert.deepEqual(await replay('web'), { read: 7, landed: 0, duplicates: 6, rejected: 1 })
    // A client that sends once more what was replayed is told from a new event.
    await world.log.append({ ...batch(opened('a')), receivedAt: now })
    await world.decoder.catchUp()
    const rows = await world.rows<{ message_id: string }>('events.book_opened')
    assert.deepEqual(
      rows.map(({ message_id }) => message_id),
      ['a', 'new', 'q', 'rest0', 'rest1', 'rest2', 'same'],
    )
  })
})
