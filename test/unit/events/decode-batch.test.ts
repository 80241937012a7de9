import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { decodeBatch, type DecodedEvent } from '../../../src/events/decode-batch.ts'
import { compilePlan } from '../../../src/events/event-contract.ts'
import { eventTime } from '../../../src/events/event-time.ts'
import { event, eventManifest, identify, page, Type } from '../../../src/events/index.ts'
import type { LogEntry } from '../../../src/events/segment-log.ts'

const receivedAt = Date.UTC(2026, 0, 5, 12)
const at = (secondsBefore: number): string => new Date(receivedAt - secondsBefore * 1000).toISOString()

const spanRead = event('Span Read', {
  version: '1-2-0',
  properties: Type.Object({
    edition: Type.String({ minLength: 1 }),
    from: Type.Integer({ minimum: 0 }),
    mode: Type.Optional(Type.Union([Type.Literal('text'), Type.Literal('audio')])),
    theme: Type.Optional(Type.Enum(['day', 'night'])),
    size: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
    opened: Type.Optional(Type.String({ format: 'date-time' })),
    place: Type.Optional(Type.Object({ chapter: Type.Integer(), name: Type.Optional(Type.String()) })),
    tags: Type.Optional(Type.Array(Type.String())),
  }),
})
const closed = event('Closed', {
  version: '1-0-0',
  properties: Type.Object({ a: Type.Optional(Type.String()) }, { additionalProperties: false }),
})
const plan = compilePlan(
  [
    spanRead,
    closed,
    identify({ version: '1-0-0', properties: Type.Object({ plan: Type.String() }) }),
    page({ version: '1-0-0', properties: Type.Object({ name: Type.String(), category: Type.String() }) }),
  ].map((definition) => eventManifest(definition)),
)

function entry(body: unknown, meta: Partial<LogEntry['meta']> = {}, zip = false): LogEntry {
  const text = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return {
    receivedAt,
    meta: { writeKey: 'web', route: 'batch', ...meta },
    body: zip ? gzipSync(text) : text,
    position: { segment: 1, offset: 0 },
  }
}
const good = { type: 'track', event: 'Span Read', userId: 'u1', properties: { edition: 'e', from: 3 } }
const decode = (...items: unknown[]): DecodedEvent[] => decodeBatch([entry({ batch: items })], plan)
const one = (item: unknown): DecodedEvent => decode(item)[0]!

describe('decoding', () => {
  test('a good event becomes a row with what it inherits from its batch', () => {
    const [decoded] = decodeBatch(
      [
        entry(
          {
            sentAt: at(10),
            context: { app: { version: '2' }, locale: 'de' },
            batch: [{ ...good, messageId: 'm1', timestamp: at(70), context: { locale: 'fr', direct: true } }],
          },
          { ip: '192.0.2.1' },
          true,
        ),
      ],
      plan,
    )
    assert.equal(decoded?.verdict, 'landed')
    assert.deepEqual(decoded.row, {
      message_id: 'm1',
      ts: at(60),
      received_at: at(0),
      sent_at: at(10),
      device_ts: at(70),
      ts_method: 'request',
      skew_ms: 10_000,
      user_id: 'u1',
      anonymous_id: null,
      write_key: 'web',
      context: '{"ip":"192.0.2.1","app":{"version":"2"},"locale":"fr","direct":true}',
      extra: null,
      edition: 'e',
      from: 3,
      mode: null,
      theme: null,
      size: null,
      opened: null,
      place: null,
      tags: null,
    })
  })

  test('identify has traits, page has name and category, single routes have their type', () => {
    const traits = { type: 'identify', anonymousId: 7, traits: { plan: 'trial' } }
    assert.equal(one(traits).verdict, 'landed')
    const pageCall = { type: 'page', anonymousId: 'a', name: 'Home', category: 'shop' }
    assert.equal(one(pageCall).verdict, 'landed')
    const { type: _type, ...single } = good
    const [decoded] = decodeBatch([entry(single, { route: 'track' })], plan)
    assert.equal(decoded?.verdict, 'landed')
  })

  test('what is not declared is kept beside; text and times are stored in a form that all engines take', () => {
    const decoded = one({
      ...good,
      userId: 'a\0b\uD800',
      properties: {
        ...good.properties,
        edition: 'x\uDC00',
        more: [1],
        opened: '2026-01-05T10:00:00.1234567+02:00[Europe/Berlin]',
        place: { chapter: 1, secret: 2 },
        tags: ['\0'],
      },
    })
    assert.equal(decoded.verdict, 'landed')
    const { user_id, edition, extra, opened, place, tags } = decoded.row as Record<string, unknown>
    assert.deepEqual(
      { user_id, edition, extra, opened, place, tags },
      {
        user_id: 'a\uFFFDb\uFFFD',
        edition: 'x\uFFFD',
        extra: '{"more":[1]}',
        opened: '2026-01-05T08:00:00.123Z',
        place: { chapter: 1, name: null },
        tags: ['\uFFFD'],
      },
    )
  })

  const properties = good.properties
  const rejected: [string, unknown, string, string | null, RegExp][] = [
    [
      'an unknown event',
      { ...good, event: 'Spam Read' },
      'unknown_event',
      null,
      /declares the event 'Spam Read'/,
    ],
    ['a track call without a name', { ...good, event: undefined }, 'unknown_event', null, /the event ''/],
    ['an undeclared call', { ...good, type: 'alias' }, 'unknown_event', null, /No app declares alias calls/],
    [
      'an unknown type',
      { ...good, type: 'trak' },
      'unknown_type',
      null,
      /type is 'trak'; use track, identify/,
    ],
    ['no object', 'hello', 'unknown_type', null, /type is ''/],
    ['nobody', { ...good, userId: '' }, 'missing_identity', null, /neither 'userId' nor 'anonymousId'/],
    [
      'a missing property',
      { ...good, properties: { from: 1 } },
      'schema_required',
      '/edition',
      /'\/edition' is missing/,
    ],
    [
      'a wrong type',
      { ...good, properties: { ...properties, from: 'x' } },
      'schema_type',
      '/from',
      /must be integer, but is "x"/,
    ],
    [
      'a wrong range',
      { ...good, properties: { ...properties, from: -5 } },
      'schema_minimum',
      '/from',
      />= 0, but is -5/,
    ],
    [
      'a wrong literal',
      { ...good, properties: { ...properties, mode: 'x' } },
      'schema_enum',
      '/mode',
      /one of "text", "audio", but is "x"/,
    ],
    [
      'a wrong enum',
      { ...good, properties: { ...properties, theme: 1 } },
      'schema_enum',
      '/theme',
      /one of "day", "night", but is 1/,
    ],
    [
      'a wrong union',
      { ...good, properties: { ...properties, size: 'x' } },
      'schema_anyOf',
      '/size',
      /number or .*null, but is "x"/,
    ],
    [
      'a nested fault',
      { ...good, properties: { ...properties, place: {} } },
      'schema_required',
      '/place/chapter',
      /'\/place\/chapter' is missing/,
    ],
    [
      'a stranger',
      { ...good, event: 'Closed', properties: { 'a/b': 1 } },
      'schema_additionalProperties',
      '/a~1b',
      /'\/a~1b' is not declared/,
    ],
    [
      'no properties',
      { ...good, properties: 'x' },
      'schema_type',
      '',
      /The properties must be object, but is "x"/,
    ],
    [
      'a huge integer',
      { ...good, properties: { ...properties, from: 2 ** 60 } },
      'out_of_range',
      null,
      /beyond ±2\^53/,
    ],
    [
      'a leap second',
      { ...good, properties: { ...properties, opened: '2016-12-31T23:59:60Z' } },
      'out_of_range',
      null,
      /no time/,
    ],
    [
      'a large event',
      { ...good, properties: { ...properties, edition: 'x'.repeat(40_000) } },
      'too_large',
      null,
      /at most 32768/,
    ],
  ]
  for (const [what, item, reason, pointer, message] of rejected) {
    test(`${what} is rejected as ${reason}, and its neighbours land`, () => {
      const [before, decoded, after] = decode(good, item, { ...good, messageId: 'other' })
      assert.equal(before?.verdict, 'landed')
      assert.equal(after?.verdict, 'landed')
      assert.equal(decoded?.verdict, 'rejected')
      assert.equal(decoded.row.reason, reason)
      assert.equal(decoded.row.pointer, pointer)
      assert.match(decoded.row.message, message)
      assert.equal(decoded.row.log_position, '1:0#1')
      assert.equal(
        decoded.row.schema_version,
        reason.startsWith('schema') || reason === 'out_of_range'
          ? decoded.row.event === 'Closed'
            ? '1-0-0'
            : '1-2-0'
          : null,
      )
    })
  }

  test('an event of an unknown key is rejected whole', () => {
    const [decoded] = decodeBatch([entry({ batch: [good] }, { writeKey: null })], plan)
    assert.equal(decoded?.verdict, 'rejected')
    assert.equal(decoded.row.reason, 'unknown_key')
    assert.deepEqual((JSON.parse(decoded.row.payload) as typeof good).properties, good.properties)
  })

  test('events beyond the limit of a batch are kept together', () => {
    const decoded = decode(
      ...Array.from({ length: 2503 }, (_, index) => ({ ...good, messageId: `m${index}` })),
    )
    assert.equal(decoded.length, 2501)
    const last = decoded.at(-1)!
    assert.equal(last.verdict, 'rejected')
    assert.equal(last.row.reason, 'too_many_in_batch')
    assert.equal((JSON.parse(last.row.payload) as { batch: unknown[] }).batch.length, 3)
  })

  test('nesting that no JSON writer can follow rejects that event only', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const text = `{"batch":[${JSON.stringify(good)},{"type":"track","event":"Span Read","userId":"u","properties":${deep}}]}`
    const [first, second] = decodeBatch([entry(text)], plan)
    assert.equal(first?.verdict, 'landed')
    assert.equal(second?.verdict, 'rejected')
    assert.ok(JSON.stringify(second.event.properties).length < 100)
  })

  test('an unreadable body is one rejected row', () => {
    const [decoded] = decodeBatch([entry('not json')], plan)
    assert.equal(decoded?.verdict, 'rejected')
    assert.equal(decoded.row.reason, 'malformed')
  })

  test('an event without an id has the same one when its request is sent again', () => {
    const ids = [at(5), at(1)].map((sentAt) => decodeBatch([entry({ batch: [good, good], sentAt })], plan))
    const [first, again] = ids.map((decoded) =>
      decoded.map(({ id, event: { messageId } }) => [id, messageId]),
    )
    assert.deepEqual(first, again)
    assert.notDeepEqual(first?.[0], first?.[1])
  })

  test('ids are scoped by write key, and a rejected event does not stand in the way of a good one', () => {
    const id = (item: unknown, writeKey: string): string =>
      decodeBatch([entry({ batch: [item] }, { writeKey })], plan)[0]!.id
    const named = { ...good, messageId: 'm' }
    assert.notEqual(id(named, 'web'), id(named, 'ios'))
    assert.notEqual(id(named, 'web'), id({ ...named, properties: {} }, 'web'))
  })
})

describe('event time', () => {
  const cases: [string, object, number, string, number?][] = [
    ['device clock right', { timestamp: at(60), sentAt: at(1) }, 59, 'request', 1000],
    ['device clock an hour slow', { timestamp: at(3660), sentAt: at(3600) }, 60, 'request', 3_600_000],
    [
      'device clock an hour fast',
      { originalTimestamp: at(-3540), sentAt: at(-3600) },
      60,
      'request',
      -3_600_000,
    ],
    ['no sentAt', { timestamp: at(60) }, 60, 'original'],
    ['no time at all', {}, 0, 'received'],
    ['nonsense', { timestamp: 'yesterday', sentAt: at(1) }, 0, 'received'],
    ['sent before it happened', { timestamp: at(10), sentAt: at(20) }, 0, 'received'],
    ['a clock that was never set', { timestamp: '1970-01-01T00:00:10Z' }, 0, 'received'],
    ['the future', { timestamp: at(-3600) }, -300, 'future'],
    ['explicit by Rudder', { timestamp: at(500), originalTimestamp: at(60), sentAt: at(1) }, 500, 'explicit'],
    [
      'explicit by us',
      { timestamp: at(60), sentAt: at(1), context: { nacre: { trueTime: at(42) } } },
      42,
      'explicit',
    ],
    ['milliseconds', { timestamp: receivedAt - 9000 }, 9, 'original'],
  ]
  for (const [what, payload, secondsBefore, method, skewMs] of cases) {
    test(what, () => {
      const time = eventTime(payload as Record<string, unknown>, receivedAt)
      assert.equal(new Date(time.ts).toISOString(), at(secondsBefore))
      assert.equal(time.method, method)
      assert.equal(time.skewMs, skewMs)
    })
  }
})
