import { backoffMs, Bell, silentLog, systemClock, toNacreError, type Clock, type Log } from '../base/index.ts'
import type { Database, Transaction } from '../database/index.ts'
import type { Catalog } from '../tables/index.ts'
import { decodeBatch, recentEvent, type DecodedEvent } from './decode-batch.ts'
import {
  pruneSeen,
  readProgress,
  rememberDays,
  saveProgress,
  saveSeen,
  type DecoderProgress,
} from './decoder-state.ts'
import { EventActivity, type MinuteCount } from './event-activity.ts'
import type { CompiledPlan, compilePlan } from './event-contract.ts'
import type { EventManifest } from './event-definition.ts'
import type { RecentEvent } from './recent-event.ts'
import { rejectedEvents } from './rejected-events.ts'
import type { LogPosition, SegmentLog } from './segment-log.ts'
import { stageEvents } from './stage-events.ts'
import type { WriteRows } from './write-event-rows.ts'

export interface DecoderParts {
  readonly log: SegmentLog
  /** With {@link migrations} applied; the one the catalog lives in, so that rows and log offset commit together. */
  readonly database: Database
  readonly catalog: Pick<Catalog, 'ensureTable' | 'planWrite' | 'commit'>
  readonly writeRows: WriteRows
  /** The declared events of all apps as they are now; asked before every micro-batch. */
  readonly plan: () => readonly EventManifest[] | Promise<readonly EventManifest[]>
}

export interface DecoderOptions {
  /** Time between commits while little arrives. Default 1000. */
  readonly everyMs?: number
  /** Bytes of log in one commit. Default 8 MiB. */
  readonly batchBytes?: number
  /** Events kept for {@link Decoder.recent}. Default 500. */
  readonly recentEvents?: number
  /** How long decoded segments are kept. Default 7 days. */
  readonly retentionDays?: number
}

/** What came of all events so far. */
export interface DecoderSummary extends DecoderProgress {
  /** Bytes of the log not yet landed. */
  readonly backlogBytes: number
  /** Why the last try to land failed; null when it did not. */
  readonly failing: string | null
}

/** Lands events from the log in tables. Disposing it stops after the commit under way. */
export interface Decoder extends AsyncDisposable {
  summary(): DecoderSummary
  /** Newest first. */
  recent(limit: number): readonly RecentEvent[]
  /** The last 60 minutes, oldest first. */
  perMinute(): readonly MinuteCount[]
  /** Calls `listener` for every event that is landed, rejected or a duplicate, until the answer is called. */
  subscribe(listener: (event: RecentEvent) => void): () => void
  /** Resolves when all that is in the log now has landed. */
  catchUp(signal?: AbortSignal): Promise<void>
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** The log is read in pieces of this, so that decoding does not hold up the collector's answers. */
const pieceBytes = 256 * 1024

/** Says in a snapshot's summary who made it. */
const byCollector = { 'nacre.writer': 'the collector' }

/**
 * Starts landing events: tails the log in micro-batches and commits the rows of all tables, the rejected rows, the log offset
 * and the ids of seen events in one transaction. So every event lands exactly once, wherever the process dies: what was not
 * committed is read again, and files that were written for it belong to no table.
 */
export async function startDecoder(
  parts: DecoderParts,
  options: DecoderOptions = {},
  effects: Effects = {},
): Promise<Decoder> {
  // The schema compiler takes a tenth of a second to load, which processes that only declare events should not pay.
  const { compilePlan } = await import('./event-contract.ts')
  const progress = await readProgress(parts.database, parts.log)
  return new LogDecoder({ ...parts, compilePlan }, options, effects, progress)
}

interface Effects {
  readonly clock?: Clock
  readonly log?: Log
  readonly random?: () => number
}

class LogDecoder implements Decoder {
  readonly #parts: DecoderParts & { readonly compilePlan: typeof compilePlan }
  readonly #options: Required<DecoderOptions>
  readonly #effects: Required<Effects>
  readonly #activity: EventActivity
  readonly #stop = new AbortController()
  /** Rings when the log was read on. */
  readonly #progressed = new Bell()
  /** Rings when somebody cannot wait for the next micro-batch. */
  readonly #hurry = new Bell()
  readonly #running: Promise<void>
  #progress: DecoderProgress
  #failing: string | null = null
  #planText = ''
  #plan: CompiledPlan = { find: () => undefined }
  #cleanedAt = -Infinity

  constructor(
    parts: DecoderParts & { readonly compilePlan: typeof compilePlan },
    options: DecoderOptions,
    effects: Effects,
    progress: DecoderProgress,
  ) {
    this.#parts = parts
    this.#options = {
      everyMs: 1000,
      batchBytes: 8 * 1024 * 1024,
      recentEvents: 500,
      retentionDays: 7,
      ...options,
    }
    this.#effects = { clock: systemClock, log: silentLog, random: Math.random, ...effects }
    this.#activity = new EventActivity(this.#options.recentEvents)
    this.#progress = progress
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { everyMs, batchBytes } = this.#options
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#followPlan()
        await this.#landNext()
        await this.#forgetOld()
        failures = 0
        this.#failing = null
        const backlogBytes = this.summary().backlogBytes
        if (backlogBytes === 0) await this.#parts.log.arrivals.wait(everyMs, signal)
        if (backlogBytes < batchBytes) await this.#hurry.wait(everyMs, signal)
      } catch (thrown) {
        if (signal.aborted) return
        const error = toNacreError(thrown)
        failures += 1
        this.#failing = error.message
        this.#effects.log.error({ error }, 'Events could not be landed; they are tried again.')
        const { random } = this.#effects
        await this.#hurry.wait(backoffMs(failures, { minMs: 200, maxMs: 30_000, random }), signal)
      }
    }
  }

  /** Makes the tables of a changed plan. One that cannot be made, or changed so, has its events rejected; the others go on. */
  async #followPlan(): Promise<void> {
    const { catalog } = this.#parts
    const manifests = await this.#parts.plan()
    const text = JSON.stringify(manifests)
    if (text === this.#planText) return
    await catalog.ensureTable(rejectedEvents)
    const unusable = new Map<string, string>()
    for (const { table } of manifests) {
      try {
        await catalog.ensureTable(table)
      } catch (thrown) {
        const error = toNacreError(thrown)
        if (error.code !== 'NACRE_INPUT' && error.code !== 'NACRE_CONFLICT') throw error
        unusable.set(table.name, error.message)
        this.#effects.log.error({ error }, 'A table of the tracking plan cannot be used.')
      }
    }
    this.#plan = this.#parts.compilePlan(manifests, unusable)
    this.#planText = text
  }

  async #landNext(): Promise<void> {
    const { events, position } = await this.#decodeNext()
    if (position === this.#progress.position) return
    const { changes, kept, duplicates } = await stageEvents(events, this.#parts, this.#stop.signal)
    const landed = kept.filter(({ verdict }) => verdict === 'landed').length
    const progress: DecoderProgress = {
      position,
      landed: this.#progress.landed + landed,
      rejected: this.#progress.rejected + kept.length - landed,
      duplicates: this.#progress.duplicates + duplicates.length,
    }
    const now = this.#effects.clock.now()
    const within = async (transaction: Transaction): Promise<void> => {
      await saveProgress(transaction, this.#parts.log.id, progress)
      await saveSeen(
        transaction,
        kept.map(({ id }) => id),
        dayOf(now),
      )
    }
    if (changes.length > 0) await this.#parts.catalog.commit(changes, { summary: byCollector, within })
    else await this.#parts.database.transaction(within)
    this.#progress = progress
    // As they came: the tail shows only the last of them.
    const places = new Map(events.map(({ event }, place) => [event, place]))
    const told = [
      ...kept.map((decoded) => ({ decoded, verdict: decoded.verdict })),
      ...duplicates.map((decoded) => ({ decoded, verdict: 'duplicate' as const })),
    ].toSorted((one, other) => places.get(one.decoded.event)! - places.get(other.decoded.event)!)
    this.#activity.add(
      told.map(({ decoded, verdict }) => recentEvent(decoded, verdict)),
      now,
    )
    this.#progressed.ring()
  }

  /** Reads and decodes up to a batch of the log, in pieces, so that the collector's answers do not wait long in between. */
  async #decodeNext(): Promise<{ events: DecodedEvent[]; position: LogPosition }> {
    const { log } = this.#parts
    const events: DecodedEvent[] = []
    let { position } = this.#progress
    for (let bytes = 0; bytes < this.#options.batchBytes; bytes += pieceBytes) {
      const { entries, next } = await log.read(position, { maxBytes: pieceBytes })
      if (entries.length === 0) break
      for (const event of decodeBatch(entries, this.#plan)) events.push(event)
      position = next
    }
    return { events, position }
  }

  async #forgetOld(): Promise<void> {
    const now = this.#effects.clock.now()
    if (now - this.#cleanedAt < hourMs) return
    await this.#parts.log.removeConsumed(this.#progress.position, now - this.#options.retentionDays * dayMs)
    await pruneSeen(this.#parts.database, dayOf(now - rememberDays * dayMs))
    this.#cleanedAt = now
  }

  summary(): DecoderSummary {
    const backlogBytes = this.#parts.log.bytesAfter(this.#progress.position)
    return { ...this.#progress, backlogBytes, failing: this.#failing }
  }

  recent(limit: number): readonly RecentEvent[] {
    return this.#activity.recent(limit)
  }

  perMinute(): readonly MinuteCount[] {
    return this.#activity.perMinute(this.#effects.clock.now())
  }

  subscribe(listener: (event: RecentEvent) => void): () => void {
    return this.#activity.subscribe(listener)
  }

  async catchUp(signal?: AbortSignal): Promise<void> {
    const { log } = this.#parts
    const { end } = log
    const isBehind = (): boolean => log.bytesAfter(this.#progress.position) > log.bytesAfter(end)
    while (isBehind()) {
      signal?.throwIfAborted()
      this.#hurry.ring()
      await this.#progressed.wait(100, signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
