import { books, type Book } from '../catalogue/books.ts'
import { switchOn, type Device, type Upload } from './device.ts'
import { seededRandom, type Random } from './random.ts'
import { sit, type Bookmark } from './reading.ts'
import type { Reader } from './readers.ts'
import { subscribe, type Plan } from './subscription.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Which share of their habit readers keep under a plan. */
const zeal: Readonly<Record<Plan, number>> = { free: 0.12, trial: 1.1, monthly: 1, yearly: 1 }

/** Uploads of all of a reader's devices and of our billing, from joining to the day of `endMs`. */
export function liveReader(seed: number, reader: Reader, endMs: number): readonly Upload[] {
  const devices = reader.devices.map(switchOn)
  const { plans, uploads } = subscribe(seed, reader, endMs)
  const shelf = new Shelf(reader)
  let freeMs = signUp(devices[0]!, reader, seededRandom(`${seed}/${reader.id}/joining`))

  for (let dayMs = Math.floor(reader.joinedMs / day) * day; dayMs < endMs; dayMs += day) {
    const random = seededRandom(`${seed}/${reader.id}/${dayMs / day}`)
    const plan = plans.findLast(({ atMs }) => atMs < dayMs + day)!.plan
    const weeks = (dayMs - reader.joinedMs) / (7 * day)
    const chance = reader.habit * zeal[plan] * Math.exp(-0.05 * Math.max(0, weeks))
    if (!random.chance(chance)) continue
    for (let sitting = random.weighted([1, 2, 3], (count) => 5 - count); sitting > 0; sitting--) {
      const startMs = Math.max(freeMs + minute, dayMs + timeOfDay(reader, random))
      const device = random.pick(devices)
      const bookmark = shelf.take(device, startMs, random)
      const minutes = reader.sittingMinutes * random.factor(0.5)
      freeMs = sit(reader, device, bookmark, startMs + minute, minutes, random)
      device.connect(freeMs, random)
      shelf.putBack(bookmark)
    }
  }
  return [...uploads, ...devices.flatMap((device) => device.uploads())]
}

/** The first events of a reader; gives the time at which they are through. */
function signUp(device: Device, reader: Reader, random: Random): number {
  const { platform } = device.profile
  const channel = random.weighted(['organic', 'friend', 'advert'], (kind) => (kind === 'organic' ? 3 : 1))
  device.record(reader.joinedMs, {
    kind: 'track',
    name: 'Signed Up',
    userId: reader.id,
    properties: { platform, channel },
  })
  device.record(reader.joinedMs, {
    kind: 'identify',
    name: 'identify',
    userId: reader.id,
    properties: { country: reader.country.code, platform, plan: 'free', email: `${reader.id}@mail.example` },
  })
  device.connect(reader.joinedMs, random)
  return reader.joinedMs + minute
}

/** Milliseconds after midnight UTC: on the way to work, at noon, or mostly in the evening, where the reader lives. */
function timeOfDay(reader: Reader, random: Random): number {
  const local = random.weighted([7.5, 12.5, 18, 21], (at) => at / 10) + random.between(-1, 1.5)
  return (((local - reader.country.utcOffsetHours + 24) % 24) * hour) | 0
}

/** Books at hand, and the way the next is chosen. */
class Shelf {
  readonly #reader: Reader
  readonly #current: Bookmark[] = []
  readonly #closed = new Map<Book, { readonly epoch: number; readonly finished: boolean }>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** The book to go on with, or a new one picked on the Home screen. */
  take(device: Device, atMs: number, random: Random): Bookmark {
    const newcomer = this.#current.length === 0 || (this.#current.length < 4 && random.chance(0.22))
    if (newcomer) this.#current.unshift(this.#choose(device, atMs, random))
    return random.chance(0.7) ? this.#current[0]! : random.pick(this.#current)
  }

  putBack(bookmark: Bookmark): void {
    if (bookmark.position < bookmark.stopsAt) return
    this.#current.splice(this.#current.indexOf(bookmark), 1)
    const finished = bookmark.position >= bookmark.book.codePoints
    this.#closed.set(bookmark.book, { epoch: bookmark.epoch, finished })
  }

  #choose(device: Device, atMs: number, random: Random): Bookmark {
    const again = [...this.#closed].filter(([, { finished }]) => finished)
    if (again.length > 0 && random.chance(0.06)) {
      const [book, { epoch }] = random.pick(again)
      return { book, epoch: epoch + 1, stopsAt: book.codePoints, position: 0, seen: new Map() }
    }
    const taken = new Set([...this.#closed.keys(), ...this.#current.map(({ book }) => book)])
    const fresh = books.filter((book) => !taken.has(book))
    const book = random.weighted(fresh.length > 0 ? fresh : books, (candidate) => this.#appeal(candidate))
    this.#browse(device, book, atMs, random)
    const liked = this.#reader.favourites.includes(book.genre)
    const finishes = random.chance(liked ? 0.75 : 0.3)
    const stopsAt = finishes ? book.codePoints : Math.round(book.codePoints * random.between(0.01, 0.35))
    return { book, epoch: 0, stopsAt, position: 0, seen: new Map() }
  }

  /** Some books sell in every taste; the first of a shelf most. */
  #appeal(book: Book): number {
    const rank = this.#reader.favourites.indexOf(book.genre)
    const taste = [14, 7][rank] ?? 1
    return taste / (1 + (books.indexOf(book) % 10) * 0.3) / book.codePoints ** 0.7
  }

  /** What the Home screen showed, and which of it was chosen. */
  #browse(device: Device, chosen: Book, atMs: number, random: Random): void {
    const shown = Array.from({ length: random.integer(2, 5) }, () => random.pick(books))
    const place = random.weighted(['home', 'search', 'list'], (kind) => (kind === 'home' ? 3 : 1))
    const shelf = [...new Set([...shown, chosen])]
    for (const [index, book] of shelf.entries()) {
      device.record(atMs + index * 2000, {
        kind: 'track',
        name: 'Book Viewed',
        userId: this.#reader.id,
        properties: {
          edition: book.id,
          place,
          rank: index + 1,
          chosen: book === chosen,
          platform: device.profile.platform,
        },
      })
    }
  }
}
