import type { Book } from '../catalogue/books.ts'
import type { Device } from './device.ts'
import { recordFault } from './faults.ts'
import type { Random } from './random.ts'
import type { Reader } from './readers.ts'

/** A book somebody is reading. */
export interface Bookmark {
  readonly book: Book
  /** 0 for the first time through, 1 for the first re-reading. */
  readonly epoch: number
  /** Where interest ends; the book's length for one read to its end. */
  readonly stopsAt: number
  position: number
  /** Where each device last stood, by its id: one that was offline goes on from there. */
  readonly seen: Map<string, number>
}

/** One sitting with a book: spans of reading, jumps, the end of the book. Gives the true time at which it ends. */
export function sit(
  reader: Reader,
  device: Device,
  bookmark: Bookmark,
  startMs: number,
  minutes: number,
  random: Random,
): number {
  const { book, epoch } = bookmark
  const { id, platform, clockErrorMs, faulty } = device.profile
  const about = { edition: book.id, epoch, device: id, platform }
  const record = (atMs: number, name: string, properties: Readonly<Record<string, unknown>>): void =>
    device.record(atMs, { kind: 'track', name, userId: reader.id, properties })
  const place = (atMs: number, reason: 'jump' | 'bookmark'): void =>
    record(atMs, 'Position Set', {
      ...about,
      device_seq: device.sequence(),
      position: bookmark.position,
      reason,
    })

  const ownPosition = bookmark.seen.get(id)
  if (ownPosition !== undefined && random.chance(0.1)) bookmark.position = ownPosition
  record(startMs, 'Book Opened', about)

  const endMs = startMs + minutes * 60_000
  let nowMs = startMs + random.between(1000, 5000)
  while (nowMs < endMs && bookmark.position < bookmark.stopsAt) {
    const spanMs = Math.round(random.between(60_000, 180_000))
    const pace = reader.codePointsPerMinute * random.factor(0.15)
    const to = Math.min(book.codePoints, Math.round(bookmark.position + (pace * spanMs) / 60_000))
    const span = {
      ...about,
      span_id: `${id}-${device.sequence()}`,
      device_seq: device.sequence(),
      from_position: bookmark.position,
      to_position: to,
      started_ms: Math.round(nowMs + clockErrorMs),
      ended_ms: Math.round(nowMs + clockErrorMs) + spanMs,
      mode: 'text',
    }
    nowMs += spanMs
    record(nowMs, 'Reading Span', span)
    if (faulty && random.chance(0.05)) recordFault(device, random, nowMs, reader.id, span)
    bookmark.position = to
    nowMs += random.chance(0.04) ? random.between(3, 15) * 60_000 : random.between(0, 6000)
    if (random.chance(0.02)) {
      const jump = random.weighted([-0.04, 0.03, 0.9], (part) => (part > 0.5 ? 1 : 12)) * book.codePoints
      bookmark.position = Math.round(Math.min(Math.max(0, to + jump), book.codePoints * 0.98))
      place(nowMs, 'jump')
    }
  }
  if (bookmark.position >= book.codePoints) record(nowMs, 'Book Finished', about)
  else place(nowMs, 'bookmark')
  bookmark.seen.set(id, bookmark.position)
  return nowMs
}
