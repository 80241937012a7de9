import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { event, eventManifest, identify, trackingPlan, Type } from '../../../src/events/index.ts'
import type { ColumnSpec } from '../../../src/tables/index.ts'

const readingSpan = event('Reading Span', {
  version: '1-0-0',
  owner: 'reader-team',
  properties: Type.Object({
    edition: Type.String({ description: 'Content hash.' }),
    from: Type.Integer({ minimum: 0 }),
    speed: Type.Optional(Type.Number()),
    mode: Type.Union([Type.Literal('text'), Type.Literal('audio')]),
    theme: Type.Enum(['day', 'night']),
    note: Type.Union([Type.String(), Type.Null()]),
    opened: Type.String({ format: 'date-time' }),
    day: Type.String({ format: 'date' }),
    tags: Type.Array(Type.String()),
    screen: Type.Object({ width: Type.Integer() }),
    counts: Type.Record(Type.String(), Type.Integer()),
    offline: Type.Boolean(),
  }),
  personal: ['note'],
})

describe('event definitions', () => {
  test('an event has a table: standard columns, then one per property', () => {
    assert.equal(readingSpan.table.name, 'events.reading_span')
    const columns = readingSpan.table.spec.columns as Record<string, ColumnSpec>
    assert.deepEqual(Object.keys(columns).slice(0, 3), ['message_id', 'ts', 'received_at'])
    const own = Object.entries(columns).slice(12)
    assert.deepEqual(Object.fromEntries(own.map(([name, { type }]) => [name, type])), {
      edition: 'string',
      from: 'long',
      speed: 'double',
      mode: 'string',
      theme: 'string',
      note: 'string',
      opened: 'timestamptz',
      day: 'date',
      tags: { list: 'string' },
      screen: { struct: { width: 'long' } },
      counts: { map: ['string', 'long'] },
      offline: 'boolean',
    })
    assert.equal(columns['note']?.personal, true)
    assert.equal(columns['edition']?.doc, 'Content hash.')
  })

  test('the manifest is plain JSON', () => {
    const manifest = eventManifest(readingSpan)
    assert.deepEqual(JSON.parse(JSON.stringify(manifest)), manifest)
    assert.equal(manifest.schema['type'], 'object')
  })

  test('names give tables in snake case', () => {
    const spec = { version: '1-0-0', properties: Type.Object({ a: Type.String() }) }
    assert.equal(event('bookOpened', spec).table.name, 'events.book_opened')
    assert.equal(event('Read-through Started', spec).table.name, 'events.read_through_started')
    assert.equal(identify(spec).table.name, 'events.identify')
  })

  const refused: Record<string, [Parameters<typeof Type.Object>[0], RegExp]> = {
    'a union of two types': [
      { a: Type.Union([Type.String(), Type.Integer()]) },
      /'a' of event 'X' is a union/,
    ],
    'a tuple': [{ b: Type.Tuple([Type.String()]) }, /'b' of event 'X'/],
    anything: [{ c: Type.Unknown() }, /'c' of event 'X'/],
    'a bigint': [{ d: Type.BigInt() }, /'d' of event 'X'/],
    'a nested fault': [{ e: Type.Object({ f: Type.Array(Type.Any()) }) }, /'e' of event 'X'.f\[\]/],
    'an empty object': [{ g: Type.Object({}) }, /'g' of event 'X' is an object without properties/],
    'a standard column': [{ Ts: Type.String() }, /property 'Ts', but its table has a column/],
    'a bad name': [{ 'a-b': Type.String() }, /property 'a-b'; use letters/],
  }
  for (const [what, [properties, message]] of Object.entries(refused)) {
    test(`${what} is refused by name`, () => {
      assert.throws(() => event('X', { version: '1-0-0', properties: Type.Object(properties) }), message)
    })
  }

  test('a wrong version, personal name, table name or twin is refused', () => {
    const properties = Type.Object({ a: Type.String() })
    assert.throws(() => event('X', { version: '1.0', properties }), /version '1.0'/)
    assert.throws(() => event('X', { version: '1-0-0', properties, personal: ['b'] }), /'b' personal/)
    assert.throws(() => event('Rejected', { version: '1-0-0', properties }), /'rejected', which cannot/)
    const one = event('Book Opened', { version: '1-0-0', properties })
    const two = event('bookOpened', { version: '1-0-0', properties })
    assert.throws(() => trackingPlan({ events: [one, two] }), /'Book Opened' and 'bookOpened'/)
  })
})
