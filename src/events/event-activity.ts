import type { RecentEvent } from './recent-event.ts'

/** Events of one minute. */
export interface MinuteCount {
  /** Start of the minute, ISO 8601. */
  readonly at: string
  readonly landed: number
  readonly rejected: number
}

const minuteMs = 60_000
const minutesKept = 60

/** What happened lately, in memory: the last events with their verdicts, and counts by minute. */
export class EventActivity {
  readonly #kept: number
  #recent: RecentEvent[] = []
  readonly #minutes = new Map<number, { landed: number; rejected: number }>()
  readonly #listeners = new Set<(event: RecentEvent) => void>()

  constructor(kept: number) {
    this.#kept = kept
  }

  add(events: readonly RecentEvent[], now: number): void {
    this.#recent = [...this.#recent, ...events].slice(-this.#kept)
    const minute = Math.floor(now / minuteMs)
    for (const old of this.#minutes.keys()) if (old <= minute - minutesKept) this.#minutes.delete(old)
    const counts = this.#minutes.get(minute) ?? { landed: 0, rejected: 0 }
    this.#minutes.set(minute, counts)
    for (const event of events) {
      if (event.verdict !== 'duplicate') counts[event.verdict] += 1
      for (const listener of this.#listeners) listener(event)
    }
  }

  /** Newest first. */
  recent(limit: number): readonly RecentEvent[] {
    return this.#recent.slice(-limit).toReversed()
  }

  /** The last 60 minutes, oldest first, also those in which nothing happened. */
  perMinute(now: number): readonly MinuteCount[] {
    const last = Math.floor(now / minuteMs)
    return Array.from({ length: minutesKept }, (_, index) => {
      const minute = last - minutesKept + 1 + index
      const { landed = 0, rejected = 0 } = this.#minutes.get(minute) ?? {}
      return { at: new Date(minute * minuteMs).toISOString(), landed, rejected }
    })
  }

  /** Calls `listener` for every event from now on, until the answer is called. */
  subscribe(listener: (event: RecentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
