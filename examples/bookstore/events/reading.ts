import { event, Type, type EventDefinition } from 'nacre'

const edition = Type.String({ minLength: 1, description: "A book's text: catalogue.books.edition." })
const platform = Type.Enum(['phone', 'tablet', 'web'])
const position = Type.Integer({ minimum: 0, description: 'In code points from the start of the text.' })
const deviceMs = Type.Integer({ description: "Milliseconds since 1970 on the device's clock." })

/** What everything told about reading says. */
const about = {
  edition,
  epoch: Type.Integer({
    minimum: 0,
    description: '0 for the first time through, 1 for the first re-reading.',
  }),
  device: Type.String({ minLength: 1 }),
  platform,
}
const deviceSequence = Type.Integer({ minimum: 0, description: 'Grows with each event of the device.' })

export const readingSpan: EventDefinition = event('Reading Span', {
  version: '1-0-0',
  owner: 'reader-team@bookstore.example',
  doc: 'Three minutes or less of reading without a break: a stretch of text and a stretch of time. It never changes.',
  properties: Type.Object({
    ...about,
    span_id: Type.String({ minLength: 1 }),
    device_seq: deviceSequence,
    from_position: position,
    to_position: position,
    started_ms: deviceMs,
    ended_ms: deviceMs,
    mode: Type.Enum(['text', 'audio']),
  }),
})

export const positionSet: EventDefinition = event('Position Set', {
  version: '1-0-0',
  owner: 'reader-team@bookstore.example',
  doc: 'The reader stands elsewhere without having read there: a jump, or the bookmark left on closing.',
  properties: Type.Object({
    ...about,
    device_seq: deviceSequence,
    position,
    reason: Type.Enum(['jump', 'bookmark']),
  }),
})

export const bookOpened: EventDefinition = event('Book Opened', {
  version: '1-0-0',
  owner: 'reader-team@bookstore.example',
  properties: Type.Object(about),
})

export const bookFinished: EventDefinition = event('Book Finished', {
  version: '1-0-0',
  owner: 'reader-team@bookstore.example',
  doc: 'The last page was turned.',
  properties: Type.Object(about),
})

export const bookViewed: EventDefinition = event('Book Viewed', {
  version: '1-0-0',
  owner: 'shop-team@bookstore.example',
  doc: 'A book was shown to a reader, who may have chosen it.',
  properties: Type.Object({
    edition,
    place: Type.Enum(['home', 'search', 'list']),
    rank: Type.Integer({ minimum: 1, description: '1 for the book shown first.' }),
    chosen: Type.Boolean(),
    platform,
  }),
})
