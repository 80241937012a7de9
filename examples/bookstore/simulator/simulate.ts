import type { Call, Upload } from './device.ts'
import { liveReader } from './life.ts'
import { seededRandom } from './random.ts'
import { makeReader } from './readers.ts'

/** A world of readers. The same world always has the same history, however far it is told. */
export interface World {
  readonly seed: number
  /** How many readers join within the first `days`; others follow at the same pace. */
  readonly readers: number
  readonly days: number
  readonly startMs: number
}

const day = 86_400_000

/**
 * Uploads that get through after `afterMs` and not after `untilMs`, in the order of getting through. What was told up to a
 * moment never changes when more is told.
 */
export function simulate(world: World, untilMs: number, afterMs: number = -Infinity): readonly Upload[] {
  const uploads: Upload[] = []
  for (let index = 0; ; index++) {
    // More readers join later than sooner: the shop grows.
    const chance = seededRandom(`${world.seed}/joins/${index}`).next()
    const joinedMs = world.startMs + world.days * day * ((index + chance) / world.readers) ** 0.75
    if (joinedMs > untilMs) break
    uploads.push(...liveReader(world.seed, makeReader(world.seed, index, joinedMs), untilMs))
  }
  return uploads
    .filter(({ atMs }) => atMs > afterMs && atMs <= untilMs)
    .sort((a, b) => a.atMs - b.atMs || (a.device.id < b.device.id ? -1 : 1))
}

/** What the platform must hold once it has all of some uploads. */
export interface Totals {
  /** Calls handed to the event library, repeats of a device that lost its memory included. */
  readonly calls: number
  readonly distinct: number
  /** Distinct events of the tracking plan, by name. */
  readonly good: Readonly<Record<string, number>>
  /** Distinct events that break the tracking plan, by fault. */
  readonly rejected: Readonly<Record<string, number>>
}

/** Counts what uploads hold that came after earlier ones: a device may repeat what it sent in those. */
export function countUploads(uploads: readonly Upload[], earlier: readonly Upload[] = []): Totals {
  const known = new Set(earlier.flatMap((upload) => upload.calls.map(({ messageId }) => messageId)))
  const calls = uploads.flatMap((upload) => upload.calls)
  const fresh = calls.filter(({ messageId }) => !known.has(messageId))
  const distinct = new Map(fresh.map((call) => [call.messageId, call])).values().toArray()
  const countBy = (some: readonly Call[], key: (call: Call) => string): Record<string, number> =>
    Object.fromEntries(
      Object.entries(Object.groupBy(some, key))
        .map(([name, group]) => [name, group!.length] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  return {
    calls: calls.length,
    distinct: distinct.length,
    good: countBy(
      distinct.filter(({ fault }) => fault === null),
      ({ name }) => name,
    ),
    rejected: countBy(
      distinct.filter(({ fault }) => fault !== null),
      ({ fault }) => fault!,
    ),
  }
}
