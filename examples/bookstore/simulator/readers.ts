import type { Genre } from '../catalogue/books.ts'
import type { DeviceProfile, Platform } from './device.ts'
import { seededRandom, type Random } from './random.ts'

/** Someone who reads with us. */
export interface Reader {
  readonly id: string
  readonly joinedMs: number
  readonly country: Country
  readonly devices: readonly DeviceProfile[]
  /** The first is loved most. */
  readonly favourites: readonly Genre[]
  /** Chance to read on a day. */
  readonly habit: number
  readonly codePointsPerMinute: number
  readonly sittingMinutes: number
}

export interface Country {
  readonly code: string
  readonly utcOffsetHours: number
  readonly share: number
}

const countries: readonly Country[] = [
  { code: 'US', utcOffsetHours: -6, share: 38 },
  { code: 'GB', utcOffsetHours: 0, share: 16 },
  { code: 'IN', utcOffsetHours: 5.5, share: 15 },
  { code: 'DE', utcOffsetHours: 1, share: 11 },
  { code: 'BR', utcOffsetHours: -3, share: 8 },
  { code: 'CA', utcOffsetHours: -5, share: 7 },
  { code: 'JP', utcOffsetHours: 9, share: 5 },
]

const genres: readonly Genre[] = [
  'adventure',
  'childhood',
  'detection',
  'horror',
  'love',
  'science fiction',
  'thought',
]

const minute = 60_000
const day = 86_400_000

/** Reader number `index` of a world, whoever else lives in it. */
export function makeReader(seed: number, index: number, joinedMs: number): Reader {
  const random = seededRandom(`${seed}/reader/${index}`)
  const id = `r${String(index + 1).padStart(4, '0')}`
  const first = random.pick(genres)
  const platforms: Platform[] = [random.weighted(['phone', 'tablet', 'web'], shareOf)]
  if (random.chance(0.35)) platforms.push(platforms[0] === 'phone' ? 'tablet' : 'phone')
  return {
    id,
    joinedMs,
    country: random.weighted(countries, ({ share }) => share),
    devices: platforms.map((platform) => makeDevice(random, id, platform)),
    favourites: [first, random.pick(genres.filter((genre) => genre !== first))],
    habit: Math.min(0.95, 0.5 * random.factor(0.5)),
    codePointsPerMinute: 1350 * random.factor(0.25),
    sittingMinutes: 24 * random.factor(0.4),
  }
}

/** Our own server: its clock is right, and it is always connected. */
export function billingServer(readerId: string): DeviceProfile {
  return { id: `billing-${readerId}`, platform: 'server', clockErrorMs: 0, offlineRate: 0, faulty: false }
}

const shareOf = (platform: Platform): number => ({ phone: 55, tablet: 20, web: 25, server: 0 })[platform]

function makeDevice(random: Random, readerId: string, platform: Platform): DeviceProfile {
  return {
    id: `${platform}-${readerId}`,
    platform,
    clockErrorMs: Math.round(makeClockError(random)),
    offlineRate: { phone: 0.15, tablet: 0.35, web: 0.02, server: 0 }[platform],
    faulty: random.chance(0.06),
  }
}

/** Most clocks are right to a second or two; some are off by minutes, a wrong time zone, or years. */
function makeClockError(random: Random): number {
  const kind = random.next()
  const sign = random.chance(0.5) ? 1 : -1
  if (kind < 0.86) return random.between(-1500, 1500)
  if (kind < 0.94) return sign * random.between(2 * minute, 40 * minute)
  if (kind < 0.98) return sign * random.integer(1, 11) * 60 * minute
  return sign * random.between(365 * day, 9 * 365 * day)
}
